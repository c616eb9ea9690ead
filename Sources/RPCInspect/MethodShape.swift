import GRPC
import Protobuf

/// A method as a descriptor declares it: its name, what travels and how often.
public struct MethodShape: Sendable {
  /// The name and the kind of call.
  public let descriptor: MethodDescriptor
  /// Full name of the request type.
  public let inputType: String
  /// Full name of the response type.
  public let outputType: String

  init(_ method: Google_Protobuf_MethodDescriptorProto, service: String) {
    let kind: MethodDescriptor.Kind =
      switch (method.clientStreaming ?? false, method.serverStreaming ?? false) {
      case (false, false): .unary
      case (true, false): .clientStreaming
      case (false, true): .serverStreaming
      case (true, true): .bidirectionalStreaming
      }
    descriptor = MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: service), method: method.name ?? "",
      kind: kind)
    inputType = Self.bare(method.inputType)
    outputType = Self.bare(method.outputType)
  }

  private static func bare(_ name: String?) -> String {
    guard let name else { return "" }
    return name.hasPrefix(".") ? String(name.dropFirst()) : name
  }
}
