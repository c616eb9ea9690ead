/// The failure of one call, thrown by clients and by handlers.
///
/// A handler that throws it decides exactly what the caller sees: code, message, trailing metadata
/// and error details. `cause` stays on this side of the wire.
public struct RPCError: Error, Sendable {
  /// The same codes as `Status.Code`; `.ok` is not a failure and is refused.
  public typealias Code = Status.Code

  /// The code that goes on the wire.
  public var code: Code
  /// The text that goes on the wire as `grpc-message`.
  public var message: String
  /// Trailing metadata, received with the failure or to be sent with it.
  public var metadata: Metadata
  /// A serialized `google.rpc.Status` whose code and message equal those of this error
  /// (`grpc-status-details-bin`).
  public var detailsBytes: [UInt8]?
  /// What led to the failure, for logs; never sent.
  public var cause: (any Error)?
  /// The server that a client's call went to, for example `ipv4:127.0.0.1:7001`; nil when the call
  /// failed before one was chosen. Never sent.
  public var peer: String?

  /// Makes a failure; `code` must not be `.ok`.
  public init(
    code: Code,
    message: String,
    metadata: Metadata = Metadata(),
    detailsBytes: [UInt8]? = nil,
    cause: (any Error)? = nil
  ) {
    precondition(code != .ok, "an RPCError is a failure, OK is not")
    self.code = code
    self.message = message
    self.metadata = metadata
    self.detailsBytes = detailsBytes
    self.cause = cause
  }

  /// The failure as it travels.
  public var status: Status { Status(code: code, message: message) }
}

extension RPCError: CustomStringConvertible {
  /// Code and message, for example `NOT_FOUND: no such account`.
  public var description: String {
    if let cause { return "\(code): \(message) (cause: \(cause))" }
    return "\(code): \(message)"
  }
}

/// An error that knows how callers should see it.
///
/// Errors without this conformance reach the wire as UNKNOWN with a neutral message.
public protocol RPCErrorConvertible: Error {
  /// The failure that callers see.
  var rpcError: RPCError { get }
}

extension RPCError: RPCErrorConvertible {
  /// Itself.
  public var rpcError: RPCError { self }
}

extension RPCError {
  /// The one door by which any error becomes a call's failure.
  ///
  /// Unknown errors become UNKNOWN without their text (it could hold secrets); the error itself is
  /// kept as `cause` so that it can be logged whole.
  public init(wrapping error: any Error) {
    if let known = error as? RPCError {
      self = known
    } else if let convertible = error as? any RPCErrorConvertible {
      self = convertible.rpcError
    } else if error is CancellationError {
      self.init(code: .cancelled, message: "the call was cancelled", cause: error)
    } else {
      self.init(code: .unknown, message: "the handler failed", cause: error)
    }
  }
}
