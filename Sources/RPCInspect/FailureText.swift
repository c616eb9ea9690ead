import GRPC
import GRPCServices
import Protobuf

/// The failure of a call as text for people or as JSON for programs.
public struct FailureText: Sendable {
  private let failure: RPCError
  private let resolver: any TypeResolver

  /// Details are decoded with the types that `resolver` knows.
  public init(_ failure: RPCError, resolver: any TypeResolver) {
    self.failure = failure
    self.resolver = resolver
  }

  /// Code, message and each detail, laid out as grpcurl does.
  public var text: String {
    var text = "ERROR:\n  Code: \(Self.name(of: failure.code))\n  Message: \(failure.message)\n"
    let details = failure.statusDetails?.details ?? []
    if !details.isEmpty { text += "  Details:\n" }
    for (index, detail) in details.enumerated() {
      let lines = json(detail, .indented).split(separator: "\n")
      text += "  \(index + 1))\t" + lines.joined(separator: "\n    \t") + "\n"
    }
    return text
  }

  /// `google.rpc.Status` as JSON.
  public var json: String {
    var members: [JSONValue.Member] = [
      .init("code", .integer(failure.code.rawValue)), .init("message", .string(failure.message)),
    ]
    let details = failure.statusDetails?.details ?? []
    if !details.isEmpty {
      members.append(.init("details", .array(details.map { value($0) })))
    }
    return JSONValue.object(members).text(.indented)
  }

  private func json(_ detail: Google_Protobuf_Any, _ layout: JSONValue.Layout) -> String {
    value(detail).text(layout)
  }

  private func value(_ detail: Google_Protobuf_Any) -> JSONValue {
    let options = JSONEncodingOptions(showsUnresolvedAny: true, resolver: resolver)
    let dynamic = try? DynamicMessage(
      schema: Google_Protobuf_Any.schema, serializedBytes: detail.serializedBytes())
    if let value = try? dynamic?.jsonValue(options: options) { return value }
    return .object([
      .init("@type", .string(detail.typeURL)), .init("@error", .string("unreadable")),
    ])
  }

  /// The name of a code as Go programs and grpcurl write it.
  public static func name(of code: Status.Code) -> String {
    switch code {
    case .ok: "OK"
    case .cancelled: "Canceled"
    case .unknown: "Unknown"
    case .invalidArgument: "InvalidArgument"
    case .deadlineExceeded: "DeadlineExceeded"
    case .notFound: "NotFound"
    case .alreadyExists: "AlreadyExists"
    case .permissionDenied: "PermissionDenied"
    case .resourceExhausted: "ResourceExhausted"
    case .failedPrecondition: "FailedPrecondition"
    case .aborted: "Aborted"
    case .outOfRange: "OutOfRange"
    case .unimplemented: "Unimplemented"
    case .internalError: "Internal"
    case .unavailable: "Unavailable"
    case .dataLoss: "DataLoss"
    case .unauthenticated: "Unauthenticated"
    }
  }
}
