import GRPC
import Synchronization

/// The caller's handle of a streaming call; when it goes away, so does the call.
final class HTTP2ClientStream: ClientStream {
  private let call: StreamingClientCall
  private let channel: ClientChannel
  /// Kept, so that the connection outlives the last call made over it.
  private let transport: HTTP2ClientTransport
  private let lastWasCompressed = Atomic(false)

  init(
    _ head: ClientRequestHead, onlyMessage: [UInt8]?, transport: HTTP2ClientTransport,
    channel: ClientChannel
  ) {
    self.call = StreamingClientCall(head, onlyMessage: onlyMessage)
    self.channel = channel
    self.transport = transport
    do {
      try head.metadata.validateForSending()
      channel.perform(.start(call))
    } catch {
      call.refuse(error)
    }
  }

  deinit {
    cancel()
  }

  func cancel() {
    if !call.isOver { channel.perform(.cancel(call)) }
  }

  func send(framedMessage: [UInt8]) async throws(RPCError) {
    let compression = call.head.options.compression
    guard compression != .identity else {
      return try await sendUncompressed(framedMessage: framedMessage)
    }
    try await sendUncompressed(
      framedMessage: await MessageCompression.compressAside(
        framed: framedMessage, with: compression))
  }

  func sendUncompressed(framedMessage: [UInt8]) async throws(RPCError) {
    let action = try call.write(framedMessage)
    if action.needsPump { channel.perform(.pump(call)) }
    guard action.mustWait else { return }
    let failure = await withTaskCancellationHandler {
      await withCheckedContinuation { call.waitForRoom($0) }
    } onCancel: {
      cancel()
    }
    if let failure { throw failure }
  }

  func finishSending() {
    if call.finishWriting() { channel.perform(.pump(call)) }
  }

  func receive() async throws(RPCError) -> [UInt8]? {
    let received: StreamingClientCall.Received
    if let (result, returnsCredit) = call.receiveNow() {
      if returnsCredit { channel.perform(.returnCredit(call)) }
      received = result
    } else {
      received = await withTaskCancellationHandler {
        await withCheckedContinuation { call.receive($0) }
      } onCancel: {
        cancel()
      }
    }
    guard let message = try received.get() else { return nil }
    lastWasCompressed.store(message.compression != .identity, ordering: .releasing)
    guard message.compression != .identity else { return message.bytes }
    do throws(RPCError) {
      return try await MessageCompression.inflateAside(
        message.bytes, with: message.compression,
        maxBytes: call.head.options.maxResponseMessageBytes)
    } catch {
      cancel()  // nobody will read what follows
      var error = error
      error.peer = call.peer
      throw error
    }
  }

  var lastMessageWasCompressed: Bool { lastWasCompressed.load(ordering: .acquiring) }

  func initialMetadata() async throws(RPCError) -> Metadata {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { call.initialMetadata($0) }
    } onCancel: {
      cancel()
    }
    return try result.get()
  }

  var trailingMetadata: Metadata { call.trailingMetadata }
  var peer: String? { call.peer }
}
