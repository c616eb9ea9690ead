/// What a server does about compression.
public struct CompressionPolicy: Sendable, Hashable {
  /// What requests may be compressed with, and responses to clients that accept it: everything.
  /// A request in another encoding is UNIMPLEMENTED; the empty set turns compression off.
  public var allowed: CompressionAlgorithms
  /// What responses are compressed with when the handler says nothing and the client accepts it:
  /// identity. Handlers that mix secrets with what strangers wrote should stay with it, because
  /// the size of a compressed message tells about its content.
  public var responses: CompressionAlgorithm

  /// Makes a policy; the defaults inflate every request and compress nothing unasked.
  public init(
    allowed: CompressionAlgorithms = .all, responses: CompressionAlgorithm = .identity
  ) {
    self.allowed = allowed
    self.responses = responses
  }
}
