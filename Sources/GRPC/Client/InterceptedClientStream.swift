import Synchronization

/// A stream whose start goes through the interceptor chain.
///
/// The chain runs in a task of its own; its innermost `next` opens the real stream, hands it to the
/// methods waiting here, and returns when the call has ended.
final class InterceptedClientStream: ClientStream {
  private let core: Core
  private let task: Task<Void, Never>

  init(
    head: ClientRequestHead, onlyMessage: [UInt8]?, chain: ClientInterceptorChain,
    transport: any ClientTransport
  ) {
    let core = Core()
    self.core = core
    self.task = Task {
      do {
        _ = try await chain.run(head) { head in
          core.opened(transport.openStream(head, onlyMessage: onlyMessage))
          return try await core.end()
        }
        core.opened(
          FailedClientStream(
            RPCError(code: .internalError, message: "an interceptor did not make the call")))
      } catch {
        // Without effect when the stream was opened: then its own methods have thrown already.
        core.opened(FailedClientStream(RPCError(wrapping: error)))
      }
    }
  }

  deinit { cancel() }

  func send(framedMessage: [UInt8]) async throws(RPCError) {
    try await stream().send(framedMessage: framedMessage)
  }

  func sendUncompressed(framedMessage: [UInt8]) async throws(RPCError) {
    try await stream().sendUncompressed(framedMessage: framedMessage)
  }

  func finishSending() { core.finishSending() }

  func receive() async throws(RPCError) -> [UInt8]? {
    let stream = await stream()
    do {
      if let message = try await stream.receive() { return message }
      core.ended(
        .success(ClientReply(trailingMetadata: stream.trailingMetadata, peer: stream.peer)))
      return nil
    } catch {
      core.ended(.failure(error))
      throw error
    }
  }

  func initialMetadata() async throws(RPCError) -> Metadata {
    try await stream().initialMetadata()
  }

  var trailingMetadata: Metadata { core.current?.trailingMetadata ?? Metadata() }
  var peer: String? { core.current?.peer }

  var lastMessageWasCompressed: Bool { core.current?.lastMessageWasCompressed ?? false }

  func cancel() {
    task.cancel()
    core.cancel()
  }

  private func stream() async -> any ClientStream {
    await withTaskCancellationHandler {
      await core.stream()
    } onCancel: {
      cancel()
    }
  }

  /// What the handle and the chain's task share; the task must not keep the handle alive.
  private final class Core: Sendable {
    private struct State {
      var stream: (any ClientStream)?
      var waitingForStream: [CheckedContinuation<any ClientStream, Never>] = []
      var sendingFinished = false
      var end: Result<ClientReply, RPCError>?
      var waitingForEnd: CheckedContinuation<ClientReply, any Error>?
    }

    private let state = Mutex(State())

    var current: (any ClientStream)? { state.withLock { $0.stream } }

    func stream() async -> any ClientStream {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> (any ClientStream)? in
          if state.stream == nil { state.waitingForStream.append(continuation) }
          return state.stream
        }
        if let ready { continuation.resume(returning: ready) }
      }
    }

    func opened(_ stream: any ClientStream) {
      let (isFirst, waiters, finish, ended) = state.withLock { state in
        guard state.stream == nil else {
          return (false, [CheckedContinuation<any ClientStream, Never>](), false, false)
        }
        state.stream = stream
        defer { state.waitingForStream = [] }
        return (true, state.waitingForStream, state.sendingFinished, state.end != nil)
      }
      guard isFirst else { return }
      if ended { stream.cancel() }
      if finish { stream.finishSending() }
      for waiter in waiters { waiter.resume(returning: stream) }
    }

    func finishSending() {
      let stream = state.withLock { state in
        state.sendingFinished = true
        return state.stream
      }
      stream?.finishSending()
    }

    func end() async throws -> ClientReply {
      try await withCheckedThrowingContinuation { continuation in
        let end = state.withLock { state in
          if state.end == nil { state.waitingForEnd = continuation }
          return state.end
        }
        if let end { continuation.resume(with: end) }
      }
    }

    func ended(_ result: Result<ClientReply, RPCError>) {
      let waiter = state.withLock { state -> CheckedContinuation<ClientReply, any Error>? in
        guard state.end == nil else { return nil }
        state.end = result
        defer { state.waitingForEnd = nil }
        return state.waitingForEnd
      }
      waiter?.resume(with: result)
    }

    func cancel() {
      let current = current
      var error = RPCError(code: .cancelled, message: "the call was cancelled")
      error.peer = current?.peer
      current?.cancel()
      ended(.failure(error))
    }
  }
}
