/// What a client asks over each new connection to learn whether the server can serve (gRFC A17).
///
/// Only the form is known here: a transport sends the one request and watches the responses. What
/// they mean is the business of who makes the probe; see `HealthProbe.health(ofService:)` in
/// GRPCServices.
public struct HealthProbe: Sendable {
  /// A method with one request and many responses.
  public let method: MethodDescriptor
  /// What the probe is about, for failures: the name of a service, empty for the whole server.
  public let subject: String
  /// The request with its length prefix.
  public let framedRequest: [UInt8]
  /// Whether a response, without its prefix, says that the server can serve. Runs on event loops.
  public let isServing: @Sendable ([UInt8]) -> Bool

  /// Makes a probe.
  public init(
    method: MethodDescriptor, subject: String, framedRequest: [UInt8],
    isServing: @escaping @Sendable ([UInt8]) -> Bool
  ) {
    precondition(method.kind == .serverStreaming, "a probe watches one stream of responses")
    self.method = method
    self.subject = subject
    self.framedRequest = framedRequest
    self.isServing = isServing
  }
}
