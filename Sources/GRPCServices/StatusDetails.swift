import GRPC
import Protobuf

/// Details of a failure that programs can read: `google.rpc.Status` in `grpc-status-details-bin`.
extension RPCError {
  /// Makes a failure with details; code and message of the details are those of the failure.
  ///
  /// A detail that cannot be encoded is left out: the failure itself matters more.
  public init(
    code: Code, message: String, details: [Google_Protobuf_Any], metadata: Metadata = Metadata(),
    cause: (any Error)? = nil
  ) {
    var status = Google_Rpc_Status()
    status.code = Int32(code.rawValue)
    status.message = message
    status.details = details
    self.init(
      code: code, message: message, metadata: metadata,
      detailsBytes: try? status.serializedBytes(), cause: cause)
  }

  /// Makes a failure whose reason programs can switch on.
  ///
  /// - Parameters:
  ///   - reason: the constant to switch on, such as `INSUFFICIENT_CREDITS`.
  ///   - domain: who defines the reason, such as `accounting.farebox`.
  ///   - details: values that belong to the reason, by name.
  ///   - metadata: trailing metadata.
  public init(
    code: Code, message: String, reason: String, domain: String, details: [String: String] = [:],
    metadata: Metadata = Metadata(), cause: (any Error)? = nil
  ) {
    var info = Google_Rpc_ErrorInfo()
    info.reason = reason
    info.domain = domain
    info.metadata = details
    self.init(
      code: code, message: message, details: [info].compactMap { try? .packing($0) },
      metadata: metadata, cause: cause)
  }

  /// INVALID_ARGUMENT about one field of the request, named as in the contract.
  public static func invalidArgument(field: String, description: String) -> RPCError {
    var violation = Google_Rpc_BadRequest.FieldViolation()
    violation.field = field
    violation.description = description
    var request = Google_Rpc_BadRequest()
    request.fieldViolations = [violation]
    return RPCError(
      code: .invalidArgument, message: "\(field): \(description)",
      details: [request].compactMap { try? .packing($0) })
  }

  /// The details that came with the failure; nil when there are none or they are unreadable.
  public var statusDetails: Google_Rpc_Status? {
    detailsBytes.flatMap { try? Google_Rpc_Status(serializedBytes: $0) }
  }

  /// The first detail of the given type.
  public func detail<Detail: Message>(_ type: Detail.Type = Detail.self) -> Detail? {
    guard let status = statusDetails else { return nil }
    for any in status.details {
      if let detail = any.unpacking(type) { return detail }
    }
    return nil
  }

  /// The reason that programs switch on, when the failure carries one.
  public var errorInfo: Google_Rpc_ErrorInfo? { detail() }

  /// What is wrong with the request, field by field, when the failure says so.
  public var fieldViolations: [Google_Rpc_BadRequest.FieldViolation] {
    detail(Google_Rpc_BadRequest.self)?.fieldViolations ?? []
  }
}
