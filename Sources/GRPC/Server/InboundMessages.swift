import Synchronization

/// The request messages that a streaming handler has yet to take.
///
/// Filled by the event loop, emptied by one consumer on any thread. Bounded by the stream's window:
/// a message is credited to the client only when the handler takes it.
final class InboundMessages: Sendable {
  struct Message: Sendable {
    var bytes: [UInt8]
    /// Whether the bytes have to be inflated: done when the message is taken, so that a small
    /// window does not hold a lot of memory.
    var isCompressed = false
    /// Bytes to credit to the client when the message is taken.
    var owedBytes = 0
  }

  private enum End {
    case ended
    case failed(RPCError)
  }

  private struct State {
    var messages: [Message] = []
    var first = 0
    var end: End?
    var waiting: CheckedContinuation<Message?, any Error>?

    mutating func pop() -> Message? {
      guard first < messages.count else { return nil }
      defer {
        first += 1
        if first == messages.count {
          messages.removeAll(keepingCapacity: true)
          first = 0
        }
      }
      return messages[first]
    }
  }

  private let state = Mutex(State())

  /// Adds the messages that one piece of payload completed; the last one carries the debt.
  func append(_ delivered: [Message], owedBytes: Int) {
    guard !delivered.isEmpty else { return }
    let wake: (CheckedContinuation<Message?, any Error>, Message)? = state.withLock { state in
      guard state.end == nil else { return nil }
      state.messages.append(contentsOf: delivered)
      state.messages[state.messages.count - 1].owedBytes = owedBytes
      guard let waiting = state.waiting, let message = state.pop() else { return nil }
      state.waiting = nil
      return (waiting, message)
    }
    if let (waiting, message) = wake { waiting.resume(returning: message) }
  }

  /// No more messages will come.
  func end() {
    finish(.ended)
  }

  /// The call failed. Messages that wait are dropped.
  func fail(_ error: RPCError) {
    finish(.failed(error))
  }

  private func finish(_ end: End) {
    let waiting = state.withLock { state -> CheckedContinuation<Message?, any Error>? in
      if case .failed = end {
        state.messages.removeAll()
        state.first = 0
      } else if state.end != nil {
        return nil
      }
      state.end = end
      defer { state.waiting = nil }
      return state.waiting
    }
    switch end {
    case .ended: waiting?.resume(returning: nil)
    case .failed(let error): waiting?.resume(throwing: error)
    }
  }

  private enum Next {
    case message(Message)
    case end(End)
    case wait
  }

  /// The next message; nil after the last one.
  func next() async throws -> Message? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let next = state.withLock { state -> Next in
          if let message = state.pop() { return .message(message) }
          if let end = state.end { return .end(end) }
          precondition(state.waiting == nil, "request messages have one consumer")
          state.waiting = continuation
          return .wait
        }
        switch next {
        case .message(let message): continuation.resume(returning: message)
        case .end(.ended): continuation.resume(returning: nil)
        case .end(.failed(let error)): continuation.resume(throwing: error)
        case .wait: if Task.isCancelled { cancelWaiting() }
        }
      }
    } onCancel: {
      cancelWaiting()
    }
  }

  private func cancelWaiting() {
    let waiting = state.withLock { state in
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume(throwing: CancellationError())
  }
}
