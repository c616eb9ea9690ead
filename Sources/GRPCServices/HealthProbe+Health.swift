import GRPC
import Protobuf

extension HealthProbe {
  /// Watches `grpc.health.v1.Health`: a server takes calls while it says SERVING of the service.
  ///
  /// - Parameter service: the service's full name; empty for the server as a whole.
  /// - Throws: `RPCError` with INTERNAL when the name cannot be encoded.
  public static func health(ofService service: String = "") throws -> HealthProbe {
    var request = Grpc_Health_V1_HealthCheckRequest()
    request.service = service
    let framed = try LengthPrefixedMessage.frame(
      request, with: ProtobufSerializer<Grpc_Health_V1_HealthCheckRequest>(), maxBytes: .max)
    return HealthProbe(
      method: Grpc_Health_V1_Health.Method.Watch.descriptor, subject: service,
      framedRequest: framed
    ) { message in
      // What cannot be read does not say that the server serves.
      let response = message.withUnsafeBytes {
        try? Grpc_Health_V1_HealthCheckResponse(serializedBytes: $0)
      }
      return response?.status == .serving
    }
  }
}
