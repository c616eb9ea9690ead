import CNghttp2

/// The protocol state of one HTTP/2 connection: bytes in, events out; submissions in, bytes out.
///
/// Performs no I/O and has no thread of its own: one event loop owns it and every call happens
/// there. The library's callbacks only append to a log that is read when the library has returned,
/// because calling it from inside a callback corrupts it.
///
///     bytes ──receive──▶ libnghttp2 ──callbacks──▶ EventLog ──▶ closure of receive
///     bytes ◀──pullOutput── libnghttp2 ◀── submit…, send, finish, reset
public final class Session {
  /// Which end of the connection the session speaks for.
  public enum Role: Sendable, Hashable {
    case server
    case client
  }

  public let role: Role
  public let configuration: SessionConfiguration

  let handle: OpaquePointer
  // Unchecked, here and in what belongs to a connection's loop: each is touched many times per
  // call, always alone, since one loop owns them and no access of ours spans a call of the library
  // or of a closure. Checking every access at run time costs about a twentieth of a small call.
  @exclusivity(unchecked) var log = EventLog()
  /// The fields of the block being received: where they begin in the log, and what they weigh.
  @exclusivity(unchecked) var blockStart = 0
  @exclusivity(unchecked) var blockIsOpen = false
  @exclusivity(unchecked) var blockBytes = 0
  @exclusivity(unchecked) var blockIsOversized = false
  /// The stream whose header block has begun and not ended; worthless unless `blockIsOpen`.
  @exclusivity(unchecked) var blockStreamID: Int32 = 0
  @exclusivity(unchecked) var oversizedBlocks: TokenBucket
  @exclusivity(unchecked) var provokedResets: TokenBucket
  @exclusivity(unchecked) var idleFrames: TokenBucket
  /// Set by a callback that found the peer abusive; acted on when the library has returned.
  @exclusivity(unchecked) var flood: Flood?
  /// Set by a callback that found the peer breaking a rule which the library does not enforce.
  @exclusivity(unchecked) var fault: ErrorCode?
  @exclusivity(unchecked) var usedStreams = UsedStreams()
  /// Whether SETTINGS with another initial window came since all output was last taken.
  var hasMovedWindows = false
  /// Whether a GOAWAY with an error was asked for on this side, by its owner or by `receive`.
  public internal(set) var hasSaidGoodbye = false
  var hasPeerSettings = false
  @exclusivity(unchecked) var hasSentProgress = false
  /// Payload bytes that wait on all streams together.
  @exclusivity(unchecked) var queuedCount = 0
  @exclusivity(unchecked) private var isDispatching = false
  private let workspace: SessionWorkspace?
  @exclusivity(unchecked) var scratch: [nghttp2_nv] = []
  /// Of a client; the library compresses what a server sends.
  @exclusivity(unchecked) var headerEncoder: HeaderEncoder?
  /// The header block being sent, behind room for its frame's header.
  @exclusivity(unchecked) var outgoingBlock: [UInt8] = []

  /// The streams that are open, in no order. They are kept alive here, the library has bare
  /// pointers.
  @exclusivity(unchecked) public internal(set) var openStreams: [Stream] = []
  /// Whether the session was ended: by `terminate`, or by an error. Nothing is fed to it any more.
  @exclusivity(unchecked) public private(set) var isEnded = false

  /// What the peer did that made the library end the session; nil while nothing is wrong. The
  /// GOAWAY that says so is on its way by then: what is left is to close.
  @exclusivity(unchecked) public internal(set) var peerFault: PeerFault?

  /// A breach of the protocol that costs the connection (RFC 9113 section 5.4.1).
  public struct PeerFault: Sendable, Hashable, CustomStringConvertible {
    /// The error that the peer is told.
    public let code: ErrorCode
    /// The library's words about it, perhaps none.
    public let words: String

    /// Both, for people.
    public var description: String { words.isEmpty ? "\(code)" : "\(code), \(words)" }
  }

  /// Makes a session and queues its SETTINGS.
  ///
  /// Notes what it reads in the `workspace`, when there is one, or else in memory of its own.
  /// Throws `HTTP2Error.missingSymbol` on an unpatched library.
  public convenience init(
    role: Role, configuration: SessionConfiguration = SessionConfiguration(),
    workspace: SessionWorkspace? = nil
  ) throws(HTTP2Error) {
    try self.init(role: role, configuration: configuration, workspace: workspace, memory: nil)
  }

  /// Makes a session whose library takes memory from elsewhere than `malloc`. What `memory` points
  /// to is copied.
  init(
    role: Role, configuration: SessionConfiguration, workspace: SessionWorkspace? = nil,
    memory: UnsafeMutablePointer<nghttp2_mem>?
  ) throws(HTTP2Error) {
    self.role = role
    self.configuration = configuration
    self.workspace = workspace
    headerEncoder = role == .client ? HeaderEncoder() : nil
    provokedResets = TokenBucket(
      burst: configuration.provokedResetBurst, perSecond: configuration.provokedResetsPerSecond)
    oversizedBlocks = TokenBucket(
      burst: configuration.oversizedHeaderBurst,
      perSecond: configuration.oversizedHeadersPerSecond)
    idleFrames = TokenBucket(
      burst: configuration.idleFrameBurst, perSecond: configuration.idleFramesPerSecond)
    handle = try Session.makeHandle(role: role, configuration: configuration, memory: memory)
    nghttp2_session_set_user_data(handle, Unmanaged.passUnretained(self).toOpaque())
    try submitInitialSettings()
  }

  deinit {
    nghttp2_session_del(handle)
  }

  /// Feeds received bytes, then hands out what they meant, in order.
  ///
  /// The closure may submit, send, reset and consume, but not feed or pull. Bytes that come after
  /// the end of the session are ignored (CVE-2026-27135: feeding them was an assertion failure).
  public func receive(_ bytes: UnsafeRawBufferPointer, _ handleEvent: (Event) -> Void)
    throws(HTTP2Error)
  {
    precondition(!isDispatching, "receive is not reentrant")
    guard !isEnded else { return }
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    // Found out while output was taken: nothing more is read of such a peer.
    if let flood {
      terminate(.enhanceYourCalm)
      throw .flooded(flood)
    }
    let isLent = borrowWorkspace()
    defer { if isLent { returnWorkspace() } }
    let consumed = nghttp2_session_mem_recv(
      handle, start.assumingMemoryBound(to: UInt8.self), bytes.count)
    dispatch(handleEvent)
    if consumed < 0 {
      switch Int32(truncatingIfNeeded: consumed) {
      case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue:
        isEnded = true
        throw .badPreface
      case NGHTTP2_ERR_FLOODED.rawValue:
        flood = .idleFrames
      case tooManyContinuations:
        flood = .continuations
      case let code:
        isEnded = true
        throw .library(code: code, operation: "receive")
      }
    }
    if let flood {
      terminate(.enhanceYourCalm)
      throw .flooded(flood)
    }
    if let fault {
      terminate(fault)
      throw .violation(fault)
    }
  }

  /// NGHTTP2_ERR_TOO_MANY_CONTINUATIONS of the security back-ports, which not all headers have.
  private var tooManyContinuations: Int32 { -905 }

  /// Takes queued output, piece by piece, until there is no more or `limit` bytes were taken.
  ///
  /// A piece is valid only inside `write`. Sending closes streams and drains queues, so events come
  /// out of this too; handling them may queue more output. Returns whether more output may be
  /// waiting.
  @discardableResult
  public func pullOutput(
    limit: Int = .max, _ write: (UnsafeRawBufferPointer) -> Void, _ handleEvent: (Event) -> Void
  ) throws(HTTP2Error) -> Bool {
    precondition(!isDispatching, "pullOutput is not reentrant")
    let isLent = borrowWorkspace()
    defer { if isLent { returnWorkspace() } }
    var taken = 0
    while taken < limit {
      var piece: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(handle, &piece)
      if count < 0 {
        isEnded = true
        throw .library(code: Int32(truncatingIfNeeded: count), operation: "send")
      }
      if count == 0 {
        if let fault, !isEnded {
          terminate(fault)
          continue
        }
        if log.records.isEmpty {
          hasMovedWindows = false
          return false
        }
        dispatch(handleEvent)
        continue
      }
      taken += hand(UnsafeRawBufferPointer(start: piece, count: count), to: write)
    }
    dispatch(handleEvent)
    return true
  }

  /// Payload bytes of all streams that the library has not taken so far. What is left after
  /// `pullOutput` has returned false waits for credit from the peer.
  public var queuedBytes: Int { queuedCount }

  /// The stream whose header block was received in part; nil between blocks.
  public var openHeaderBlock: Int32? { blockIsOpen ? blockStreamID : nil }

  /// Whether HEADERS or DATA were sent since this was last asked. Servers forgive pings for them.
  public func takeHasSentProgress() -> Bool {
    defer { hasSentProgress = false }
    return hasSentProgress
  }

  /// Whether the library still wants bytes, or has some to send. When neither, close the
  /// connection.
  public var isFinished: Bool {
    nghttp2_session_want_read(handle) == 0 && nghttp2_session_want_write(handle) == 0
  }

  /// Whether no stream is open.
  public var isIdle: Bool { openStreams.isEmpty }

  /// Whether output is waiting.
  public var wantsWrite: Bool {
    nghttp2_session_want_write(handle) != 0
  }

  func markEnded() {
    isEnded = true
  }

  private func dispatch(_ handleEvent: (Event) -> Void) {
    guard !log.records.isEmpty else { return }
    isDispatching = true
    // The logs change places while one is read: what the closure submits is noted in the other.
    swap(&log, &readLog)
    if blockIsOpen {
      // The rest of the block comes with later bytes: what is there of it moves on with the log.
      log.adopt(readLog, from: blockStart)
      blockStart = 0
    }
    readLog.forEach(handleEvent)
    readLog.removeAll()
    isDispatching = false
  }

  /// The log being read; empty and in reserve otherwise.
  @exclusivity(unchecked) private var readLog = EventLog()

  /// Takes the logs of the workspace, unless there is a block whose rest is yet to come.
  private func borrowWorkspace() -> Bool {
    guard let workspace, !blockIsOpen, log.records.isEmpty else { return false }
    // Memory of its own is left of a block that came in pieces.
    if log.hasMemory { log.giveBack() }
    if readLog.hasMemory { readLog.giveBack() }
    return workspace.lend(&log, &readLog)
  }

  private func returnWorkspace() {
    // The beginning of a block stays with its session; that of one that was given up does not.
    let keepsLog = blockIsOpen || !log.records.isEmpty
    if !keepsLog {
      log.removeAll()
      workspace?.takeBack(&log)
    }
    workspace?.end(&readLog)
  }
}
