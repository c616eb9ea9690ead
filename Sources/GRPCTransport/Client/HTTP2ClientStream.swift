import GRPC

/// The caller's handle of a streaming call; when it goes away, so does the call.
final class HTTP2ClientStream: ClientStream {
  private let call: StreamingClientCall
  private let channel: ClientChannel
  /// Kept, so that the connection outlives the last call made over it.
  private let transport: HTTP2ClientTransport

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
    if let (result, returnsCredit) = call.receiveNow() {
      if returnsCredit { channel.perform(.returnCredit(call)) }
      return try result.get()
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { call.receive($0) }
    } onCancel: {
      cancel()
    }
    return try result.get()
  }

  func initialMetadata() async throws(RPCError) -> Metadata {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { call.initialMetadata($0) }
    } onCancel: {
      cancel()
    }
    return try result.get()
  }

  var trailingMetadata: Metadata { call.trailingMetadata }
}
