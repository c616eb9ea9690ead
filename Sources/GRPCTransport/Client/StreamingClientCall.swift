import GRPC
import HTTP2
import Synchronization

/// A call with streams of messages. The caller's task and the event loop meet in one lock; the loop
/// is woken only when there is something to do for it.
///
/// ```
/// writer task --outbox--> event loop --> session       writer sleeps above the high-water mark
/// reader task <--inbox--- event loop <-- session       credit returns as the reader takes messages
/// ```
final class StreamingClientCall: ClientCall, @unchecked Sendable {
  typealias Received = Result<Message?, RPCError>

  /// A response message as it came: inflated when it is taken, so that a small window does not hold
  /// a lot of memory, and by the taker.
  struct Message {
    var bytes: [UInt8]
    var compression: CompressionAlgorithm
  }

  /// Bytes of whole messages in the inbox up to which the peer gets its credit back at once.
  private static let inboxLowWaterBytes = 32 * 1024
  /// Bytes in the outbox above which the writer sleeps.
  private static let outboxHighWaterBytes = 64 * 1024
  /// Bytes of sent messages that are kept for another attempt; a request that grows beyond it is
  /// sent once.
  private static let keptBytesMax = 64 * 1024

  private struct State {
    // Inbox
    var inbox: [Message] = []
    var inboxStart = 0
    var inboxBytes = 0
    var creditIsWithheld = false
    var reader: CheckedContinuation<Received, Never>?
    var initialMetadata: Metadata?
    var metadataReaders: [CheckedContinuation<Result<Metadata, RPCError>, Never>] = []
    var end: ClientStreamStateMachine.End?
    var peer: String?
    // Outbox
    var outbox: [[UInt8]] = []
    var outboxBytes = 0
    var isFinished = false
    var isPumpScheduled = false
    var isBlockedBySession = false
    /// What was sent, as long as the call might have to be sent again.
    var kept: [[UInt8]] = []
    var keptBytes = 0
    var keepsAll = true
    var writer: CheckedContinuation<RPCError?, Never>?

    var mustWriterWait: Bool {
      isBlockedBySession || outboxBytes >= StreamingClientCall.outboxHighWaterBytes
    }

    /// Empties the outbox for sending.
    mutating func takeOutbox() -> [[UInt8]] {
      let messages = outbox
      if keepsAll {
        keptBytes += outboxBytes
        kept += messages
        if keptBytes > StreamingClientCall.keptBytesMax { keepNothing() }
      }
      outbox = []
      outboxBytes = 0
      return messages
    }

    mutating func keepNothing() {
      keepsAll = false
      kept = []
      keptBytes = 0
    }

    mutating func takeMessage() -> Message? {
      guard inboxStart < inbox.count else { return nil }
      let message = inbox[inboxStart]
      inbox[inboxStart].bytes = []
      inboxStart += 1
      inboxBytes -= message.bytes.count
      if inboxStart == inbox.count {
        inbox.removeAll(keepingCapacity: true)
        inboxStart = 0
      }
      return message
    }
  }

  private let state = Mutex(State())
  private let onlyMessage: [UInt8]?
  /// Bytes received and not yet credited to the peer. Event loop only.
  private var uncreditedBytes = 0

  init(_ head: ClientRequestHead, onlyMessage: [UInt8]?) {
    self.onlyMessage = onlyMessage.map {
      MessageCompression.compress(framed: $0, with: head.options.compression)
    }
    super.init(head)
  }

  // MARK: Caller's side, any thread

  /// Takes a message if one is there, or says how the call ended; nil when there is nothing so far.
  func receiveNow() -> (result: Received, returnsCredit: Bool)? {
    state.withLock { state in
      if let message = state.takeMessage() {
        let returnsCredit =
          state.creditIsWithheld && state.inboxBytes <= Self.inboxLowWaterBytes
        if returnsCredit { state.creditIsWithheld = false }
        return (.success(message), returnsCredit)
      }
      switch state.end {
      case .ok: return (.success(nil), false)
      case .failed(let error): return (.failure(error), false)
      case nil: return nil
      }
    }
  }

  /// Resumes the continuation with the next message or the end.
  func receive(_ continuation: CheckedContinuation<Received, Never>) {
    let outcome = state.withLock { state -> Received? in
      if let message = state.takeMessage() { return .success(message) }
      switch state.end {
      case .ok: return .success(nil)
      case .failed(let error): return .failure(error)
      case nil:
        precondition(state.reader == nil, "a stream of responses has one consumer")
        state.reader = continuation
        return nil
      }
    }
    if let outcome { continuation.resume(returning: outcome) }
  }

  /// Resumes the continuation with the initial metadata once it is known.
  func initialMetadata(_ continuation: CheckedContinuation<Result<Metadata, RPCError>, Never>) {
    let outcome = state.withLock { state -> Result<Metadata, RPCError>? in
      if let metadata = state.initialMetadata { return .success(metadata) }
      switch state.end {
      case .ok: return .success(Metadata())
      case .failed(let error): return .failure(error)
      case nil:
        state.metadataReaders.append(continuation)
        return nil
      }
    }
    if let outcome { continuation.resume(returning: outcome) }
  }

  /// Whether the call has ended, from the caller's point of view.
  var isOver: Bool { state.withLock { $0.end != nil } }

  /// Ends a call that never reaches the event loop.
  func refuse(_ error: RPCError) {
    state.withLock { $0.end = .failed(error) }
  }

  var trailingMetadata: Metadata {
    state.withLock { state in
      if case .ok(let metadata) = state.end { return metadata }
      return Metadata()
    }
  }

  /// Who serves the call.
  override var peer: String? { state.withLock { $0.peer } }

  /// What the caller has to do after it put a message into the outbox.
  struct OnWrite {
    /// Wake the event loop.
    var needsPump: Bool
    /// Sleep until there is room.
    var mustWait: Bool
  }

  /// Puts a message into the outbox; throws when the call is over.
  func write(_ framed: [UInt8]) throws(RPCError) -> OnWrite {
    let outcome = state.withLock { state -> Result<OnWrite, RPCError> in
      switch state.end {
      case .failed(let error): return .failure(error)
      case .ok: return .failure(Self.writeAfterEnd)
      case nil: break
      }
      if state.isFinished { return .failure(Self.writeAfterFinish) }
      state.outbox.append(framed)
      state.outboxBytes += framed.count
      defer { state.isPumpScheduled = true }
      return .success(OnWrite(needsPump: !state.isPumpScheduled, mustWait: state.mustWriterWait))
    }
    return try outcome.get()
  }

  /// Resumes the continuation when there is room in the outbox or the call is over.
  func waitForRoom(_ continuation: CheckedContinuation<RPCError?, Never>) {
    let outcome = state.withLock { state -> RPCError?? in
      switch state.end {
      case .failed(let error): return .some(error)
      case .ok: return .some(nil)
      case nil: break
      }
      guard state.mustWriterWait else { return .some(nil) }
      precondition(state.writer == nil, "a stream of requests has one writer")
      state.writer = continuation
      return nil
    }
    if let outcome { continuation.resume(returning: outcome) }
  }

  /// Says that no message follows; true when the event loop must be woken.
  func finishWriting() -> Bool {
    state.withLock { state in
      guard !state.isFinished, state.end == nil else { return false }
      state.isFinished = true
      defer { state.isPumpScheduled = true }
      return !state.isPumpScheduled
    }
  }

  // MARK: Event loop

  override var canSendAgain: Bool {
    onlyMessage != nil || state.withLock { $0.keepsAll }
  }

  override func sendRequest() {
    let peer = stream?.1.peer
    state.withLock { $0.peer = peer }
    if let onlyMessage {
      _ = send(onlyMessage)
      finishRequest()
      return
    }
    uncreditedBytes = 0
    let kept = state.withLock { state in
      // Whether an earlier stream was full says nothing about this one.
      state.isBlockedBySession = false
      return state.kept
    }
    var isBlocked = false
    for message in kept where !send(message) { isBlocked = true }
    if isBlocked { state.withLock { $0.isBlockedBySession = true } }
    pump()
  }

  override func requestBecameWritable() {
    state.withLock { $0.isBlockedBySession = false }
    pump()
  }

  /// Moves messages from the outbox to the session and wakes the writer when there is room.
  func pump() {
    guard stream != nil else {
      // Not open so far: `sendRequest` will come back here.
      state.withLock { $0.isPumpScheduled = false }
      return
    }
    let (messages, isFinished) = state.withLock { state in
      state.isPumpScheduled = false
      return (state.takeOutbox(), state.isFinished)
    }
    var isBlocked = false
    for message in messages where !send(message) { isBlocked = true }
    if isFinished { finishRequest() }
    let writer = state.withLock { state -> CheckedContinuation<RPCError?, Never>? in
      if isBlocked { state.isBlockedBySession = true }
      guard !state.mustWriterWait else { return nil }
      defer { state.writer = nil }
      return state.writer
    }
    writer?.resume(returning: nil)
  }

  override func receiveInitialMetadata(_ metadata: Metadata) {
    let readers = state.withLock { state in
      state.initialMetadata = metadata
      state.keepNothing()
      defer { state.metadataReaders = [] }
      return state.metadataReaders
    }
    for reader in readers { reader.resume(returning: .success(metadata)) }
  }

  override func receiveMessage(_ payload: MessageDeframer.Payload) {
    let message = Message(
      bytes: payload.bytes, compression: payload.isCompressed ? responseCompression : .identity)
    let reader = state.withLock { state -> CheckedContinuation<Received, Never>? in
      if let reader = state.reader {
        state.reader = nil
        return reader
      }
      state.inbox.append(message)
      state.inboxBytes += message.bytes.count
      return nil
    }
    reader?.resume(returning: .success(message))
  }

  override func receivedData(bytes count: Int) {
    uncreditedBytes += count
    returnCredit()
  }

  /// Credits the peer unless whole messages pile up in the inbox. The bytes of a message that is
  /// still incomplete must be credited, or one larger than the window would never arrive.
  func returnCredit() {
    guard let (stream, connection) = stream else { return }
    let isWithheld = state.withLock { state in
      state.creditIsWithheld = state.inboxBytes > Self.inboxLowWaterBytes
      return state.creditIsWithheld
    }
    guard !isWithheld else { return }
    connection.credit(stream, uncreditedBytes)
    uncreditedBytes = 0
  }

  override func complete(_ end: ClientStreamStateMachine.End) {
    let (reader, writer, metadataReaders) = state.withLock { state in
      state.end = end
      state.keepNothing()
      state.outbox = []
      state.outboxBytes = 0
      defer {
        state.reader = nil
        state.writer = nil
        state.metadataReaders = []
      }
      return (state.reader, state.writer, state.metadataReaders)
    }
    switch end {
    case .ok:
      reader?.resume(returning: .success(nil))
      writer?.resume(returning: nil)
      for waiting in metadataReaders { waiting.resume(returning: .success(Metadata())) }
    case .failed(let error):
      reader?.resume(returning: .failure(error))
      writer?.resume(returning: error)
      for waiting in metadataReaders { waiting.resume(returning: .failure(error)) }
    }
  }

  private static var writeAfterEnd: RPCError {
    RPCError(code: .cancelled, message: "the call has ended, the server wants no more messages")
  }

  private static var writeAfterFinish: RPCError {
    RPCError(code: .internalError, message: "a message was written after the end of the request")
  }
}
