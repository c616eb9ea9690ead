/// The outcome of a call as gRPC defines it: a code and a text for developers.
///
/// Use `RPCError` to fail a call; `Status` is what travels in the trailers.
public struct Status: Sendable, Hashable {
  /// The seventeen codes of gRPC; raw values are those on the wire.
  public enum Code: Int, Sendable, Hashable, CaseIterable {
    /// The call succeeded.
    case ok = 0
    /// The call was cancelled, usually by the caller.
    case cancelled = 1
    /// An error without a better code, also an error from another address space.
    case unknown = 2
    /// The arguments are wrong whatever the state of the system is.
    case invalidArgument = 3
    /// The deadline passed before the call completed.
    case deadlineExceeded = 4
    /// What was asked for does not exist.
    case notFound = 5
    /// What was to be created exists already.
    case alreadyExists = 6
    /// The caller is known and may not do this.
    case permissionDenied = 7
    /// A quota or a size limit is used up.
    case resourceExhausted = 8
    /// The system is not in the state this call needs.
    case failedPrecondition = 9
    /// A conflict between concurrent calls; try again from a higher level.
    case aborted = 10
    /// Past the valid range, while another state could make the argument valid.
    case outOfRange = 11
    /// The method does not exist, or does not do this.
    case unimplemented = 12
    /// An invariant broke; raw name `INTERNAL`.
    case internalError = 13
    /// Cannot be reached at the moment; retrying may help.
    case unavailable = 14
    /// Data is lost beyond recovery.
    case dataLoss = 15
    /// No valid credentials came with the call.
    case unauthenticated = 16
  }

  /// The code.
  public var code: Code
  /// Text for developers, never needed to decide anything.
  public var message: String

  /// Makes a status.
  public init(code: Code, message: String = "") {
    self.code = code
    self.message = message
  }

  /// Success without a text.
  public static let ok = Status(code: .ok)
}

extension Status.Code: CustomStringConvertible {
  /// The canonical upper-case name, for example `DEADLINE_EXCEEDED`.
  public var description: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "CANCELLED"
    case .unknown: "UNKNOWN"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internalError: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    }
  }
}
