import GRPC
import HTTP2

/// The lean way of a call with one request and one response: one continuation, no streams of
/// messages, no lock. Its bytes are credited as they arrive, since at most one message is kept.
final class UnaryClientCall: ClientCall, @unchecked Sendable {
  typealias Outcome = Result<ClientReply, RPCError>

  private let framedMessage: [UInt8]
  /// Set before the call is handed to the event loop, and not touched by the caller after that.
  /// Unsafe, to save an allocation per call: `complete`, which resumes it, is called once.
  var continuation: UnsafeContinuation<Outcome, Never>?
  @exclusivity(unchecked) private var reply = ClientReply()
  /// What the message of the reply came compressed with. Stands when the continuation is resumed.
  @exclusivity(unchecked) private var messageCompression = CompressionAlgorithm.identity

  init(_ head: ClientRequestHead, framedMessage: [UInt8]) {
    self.framedMessage = framedMessage
    super.init(head)
  }

  override var canSendAgain: Bool { true }
  override var peer: String? { reply.peer }

  override func sendRequest() {
    reply.peer = stream?.1.peer
    _ = send(framedMessage)
    finishRequest()
  }

  override func receiveInitialMetadata(_ metadata: Metadata) {
    reply.initialMetadata = metadata
  }

  override func receiveMessage(_ payload: MessageDeframer.Payload) {
    reply.message = payload.bytes
    messageCompression = payload.isCompressed ? responseCompression : .identity
  }

  /// Whether the message of the reply has to be inflated.
  var hasCompressedReply: Bool { messageCompression != .identity }

  /// The reply with its message inflated, by the caller and not by the event loop.
  func inflated(_ reply: ClientReply) async throws(RPCError) -> ClientReply {
    var reply = reply
    reply.wasCompressed = true
    do {
      reply.message = try await MessageCompression.inflateAside(
        reply.message, with: messageCompression, maxBytes: head.options.maxResponseMessageBytes)
    } catch {
      var error = error
      error.peer = reply.peer
      throw error
    }
    return reply
  }

  override func receivedData(bytes count: Int) {
    guard let (stream, connection) = stream else { return }
    connection.credit(stream, count)
  }

  override func complete(_ end: ClientStreamStateMachine.End) {
    switch end {
    case .ok(let trailers):
      reply.trailingMetadata = trailers
      continuation?.resume(returning: .success(reply))
    case .failed(let error):
      continuation?.resume(returning: .failure(error))
    }
  }
}
