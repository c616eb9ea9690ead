/// What a handler and the interceptors around it know about the call they serve.
///
/// Cheap to copy. Usable from any thread.
public struct ServerContext: Sendable {
  let call: ServerCall
  /// What interceptors found out about the call.
  public var values = ContextValues()

  init(call: ServerCall) {
    self.call = call
  }

  /// The method being called, as it was registered: safe to base decisions on.
  public var descriptor: MethodDescriptor { call.method.descriptor }
  /// The metadata of the request.
  public var metadata: Metadata { call.metadata }
  /// When the client stops waiting, or the server's own maximum when that is sooner.
  public var deadline: Deadline? { call.deadline }
  /// How long that is from now on, negative when it has passed.
  package var timeLeft: Duration? {
    deadline.map { .nanoseconds($0.nanoseconds) - .nanoseconds(call.host.now.nanoseconds) }
  }
  /// The peer's address, for example `ipv4:127.0.0.1:50123` or `unix:/run/x.sock`.
  public var remotePeer: String { call.peers.remote }
  /// Our address on this connection.
  public var localPeer: String { call.peers.local }
  /// The DNS names, URIs and mail addresses that the client's certificate bears as alternative
  /// names. Empty unless the server demands client certificates, so what stands here was verified.
  public var peerCertificateNames: [String] { call.peers.certificateNames }

  /// A value left by an interceptor.
  public subscript<Key: ContextKey>(_ key: Key.Type) -> Key.Value? {
    get { values[key] }
    set { values[key] = newValue }
  }

  /// Whether the call was cancelled: by the client, its connection, the deadline or a drain.
  public var isCancelled: Bool { call.isCancelled }
  /// How the call was answered when it ended before its handler; nil when it was not.
  public var cancellation: RPCError? { call.cancellation }

  /// What the client sees of the call when its handler ends with this error, or without one: a call
  /// that was cut short has been answered already, whatever its handler says later.
  package func outcome(_ failure: (any Error)?) -> Status.Code { call.outcome(failure) }

  /// Asks for a word about what the call has carried when it is over. One observer is kept, the
  /// last one.
  public func observeTraffic(with observer: any CallTrafficObserver) {
    call.observeTraffic(with: observer)
  }

  /// Sets the metadata sent before the first message. Without effect once that was sent.
  ///
  /// Throws INTERNAL when a field may not be sent.
  public func setInitialMetadata(_ metadata: Metadata) throws(RPCError) {
    try metadata.validateForSending()
    call.setInitialMetadata(metadata)
  }

  /// Adds metadata to be sent after the last message, with success and failure alike.
  ///
  /// Throws INTERNAL when a field may not be sent.
  public func addTrailingMetadata(_ metadata: Metadata) throws(RPCError) {
    try metadata.validateForSending()
    call.addTrailingMetadata(metadata)
  }
}

extension ServerContext {
  /// What responses may be compressed with: what the client accepts and the server allows.
  public var acceptedCompression: CompressionAlgorithms { call.compression.accepted }

  /// Whether the request message taken last came compressed.
  public var lastRequestWasCompressed: Bool { call.compression.lastRequestWasCompressed }

  /// Decides how the response is compressed, or by identity that it is not.
  ///
  /// Refused, with false as answer, when the client does not accept the algorithm, and after the
  /// first response message was written. Single messages of a stream stay uncompressed by
  /// ``RPCWriter/write(_:mayCompress:)``, and so does what would not get smaller.
  @discardableResult
  public func setResponseCompression(_ algorithm: CompressionAlgorithm) -> Bool {
    call.compression.choose(algorithm)
  }
}

/// The addresses of a connection, shared by its calls.
package final class PeerNames: Sendable {
  package let remote: String
  package let local: String
  /// What the client's certificate names.
  package let certificateNames: [String]

  package init(remote: String, local: String, certificateNames: [String] = []) {
    self.remote = remote
    self.local = local
    self.certificateNames = certificateNames
  }
}
