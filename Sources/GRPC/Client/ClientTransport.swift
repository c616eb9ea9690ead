/// Carries calls to a server.
///
/// Messages come and go uncompressed: what the options say about compression is for transports that
/// cross a wire, which do it on the way.
///
/// A transport looks after connections; it never looks inside messages. Methods may be called from
/// any task. Retry policies and load balancing belong behind this protocol.
public protocol ClientTransport: Sendable {
  /// Makes a call with one request and one response.
  ///
  /// `framedMessage` includes its length prefix. Throws the call's failure; cancelling the task
  /// fails the call with CANCELLED.
  func unary(
    _ head: ClientRequestHead, framedMessage: [UInt8]
  ) async throws(RPCError) -> ClientReply

  /// Starts a call of any other shape and returns at once. With `onlyMessage` (framed) the request
  /// is that message alone and sending is finished.
  ///
  /// Whatever fails is thrown by the stream's methods.
  func openStream(_ head: ClientRequestHead, onlyMessage: [UInt8]?) -> any ClientStream
}

/// The successful end of a call.
public struct ClientReply: Sendable {
  /// Metadata that came before the first message.
  public var initialMetadata: Metadata
  /// The response message without its prefix; empty for calls whose responses are a stream.
  public var message: [UInt8]
  /// Metadata that came with the status.
  public var trailingMetadata: Metadata
  /// Whether the message came compressed; the transport has inflated it.
  public var wasCompressed = false
  /// Who answered, for example `ipv4:127.0.0.1:7001`; nil when the transport cannot tell.
  public var peer: String?

  /// Makes a reply.
  public init(
    initialMetadata: Metadata = Metadata(), message: [UInt8] = [],
    trailingMetadata: Metadata = Metadata(), peer: String? = nil
  ) {
    self.initialMetadata = initialMetadata
    self.message = message
    self.trailingMetadata = trailingMetadata
    self.peer = peer
  }
}

/// One call in flight, message by message. Sending and receiving may happen in two tasks, each in
/// one at a time. Letting go of the last reference cancels the call.
public protocol ClientStream: AnyObject, Sendable {
  /// Sends one message with its prefix; suspends while the peer is slow. Throws the call's failure,
  /// CANCELLED when the call ended well without wanting more.
  func send(framedMessage: [UInt8]) async throws(RPCError)
  /// The same for a message that stays uncompressed, whatever the options of the call say.
  func sendUncompressed(framedMessage: [UInt8]) async throws(RPCError)
  /// Says that no message follows. Does nothing the second time or after the end.
  func finishSending()
  /// The next message without its prefix, nil when the call ended with OK. Throws its failure.
  func receive() async throws(RPCError) -> [UInt8]?
  /// The metadata that came before the first message; empty when there was none.
  func initialMetadata() async throws(RPCError) -> Metadata
  /// The metadata that came with the status; empty until the call has ended with OK.
  var trailingMetadata: Metadata { get }
  /// Whether the message received last came compressed.
  var lastMessageWasCompressed: Bool { get }
  /// Who serves the call, for example `ipv4:127.0.0.1:7001`; nil before that is known.
  var peer: String? { get }
  /// Ends the call with CANCELLED, here and at the server. Does nothing after the end.
  func cancel()
}

extension ClientStream {
  /// For streams that compress nothing: sends the message.
  public func sendUncompressed(framedMessage: [UInt8]) async throws(RPCError) {
    try await send(framedMessage: framedMessage)
  }

  /// For streams that compress nothing: false.
  public var lastMessageWasCompressed: Bool { false }

  /// Nil: streams need not know.
  public var peer: String? { nil }
}
