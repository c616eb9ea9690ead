/// The names of what metrics and spans say about a call, after the OpenTelemetry conventions for
/// RPC (opentelemetry.io/docs/specs/semconv/rpc).
enum CallAttribute {
  static let system = "rpc.system.name"
  static let method = "rpc.method"
  static let statusCode = "rpc.response.status_code"
  static let errorType = "error.type"
  /// The address of the other end of the connection.
  static let peer = "network.peer.address"
}
