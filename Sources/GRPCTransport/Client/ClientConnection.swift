import GRPC
import HTTP2
import Logging
import NIOCore

/// One HTTP/2 connection to a server: the driver that owns the socket, feeds the session and obeys.
///
/// ```
/// handshaking --server's SETTINGS--> ready --GOAWAY--> draining --last stream--> closed
///      +---------------- not HTTP/2, timeout, loss ----------+--------------------^
/// ```
/// Event loop only. All output of one loop turn leaves in one write and one flush.
final class ClientConnection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case handshaking
    case ready
    case draining(lastStreamID: Int32, reason: String)
    case closed
  }

  /// Bytes taken from the session between looks at whether the socket still takes them.
  private static let writeChunkBytes = 256 * 1024
  /// Output buffers above this size are not kept for the next turn.
  private static let keptBufferBytes = 512 * 1024
  /// Time that the server gets to close its half after we have closed ours.
  private static let lingerMax = TimeAmount.seconds(1)
  /// Requests of one loop turn that are worth a write of their own when the server has fewer to do.
  private static let earlyFlushRequests = 16

  private let session: Session
  /// Each keeps the other until the connection is closed.
  private let subchannel: Subchannel
  private let requestFields: ClientRequestHead.ConnectionFields
  let policy: ClientConnectionPolicy
  // Unchecked: these belong to the loop, and no access spans a call that leads back here.
  /// The name of the other end, once connected.
  @exclusivity(unchecked) private(set) var peer: String?
  @exclusivity(unchecked) private var state = State.handshaking
  @exclusivity(unchecked) private(set) var context: ChannelHandlerContext?
  /// nil until the connection is usable.
  @exclusivity(unchecked) var life: ClientConnectionLife?
  var lifeTimer: (at: Deadline, task: Scheduled<Void>)?
  @exclusivity(unchecked) private var fields = FieldList()
  @exclusivity(unchecked) private var output = ByteBuffer()
  @exclusivity(unchecked) private var isReading = false
  @exclusivity(unchecked) private var isFlushing = false
  @exclusivity(unchecked) private var isFlushScheduled = false
  /// Requests that were opened since the last write.
  @exclusivity(unchecked) private var unsentRequests = 0
  @exclusivity(unchecked) private var hasReceivedBytes = false
  @exclusivity(unchecked) private var newestStreamID: Int32 = 0
  /// Streams above this one are still in the session: the server has seen nothing of them.
  @exclusivity(unchecked) private var newestSentStreamID: Int32 = 0
  private var closeReason: String?
  /// What the server said when it began to go away.
  private var farewell: String?
  private var handshakeTimeout: Scheduled<Void>?
  private var lingering: Scheduled<Void>?

  init(
    owner: Subchannel, configuration: SessionConfiguration,
    requestFields: ClientRequestHead.ConnectionFields, policy: ClientConnectionPolicy
  ) throws(HTTP2Error) {
    self.subchannel = owner
    self.policy = policy
    self.requestFields = requestFields
    self.session = try Session(role: .client, configuration: configuration)
  }

  /// Whether a new call may take a stream now.
  var hasFreeStream: Bool {
    guard case .ready = state else { return false }
    return session.openStreams.count < Int(session.peerMaxConcurrentStreams)
  }

  var hasCalls: Bool { !session.openStreams.isEmpty }

  var isReady: Bool {
    if case .ready = state { return true }
    return false
  }

  // MARK: Commands

  /// Sends the preface; the connection must be usable after `timeout`.
  func start(timeout: TimeAmount) {
    guard let context, case .handshaking = state else { return }
    peer = PeerNames(of: context.channel).remote
    handshakeTimeout = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
      self.close(
        reason: "the server accepted the connection but sent no HTTP/2 settings in time")
    }
    scheduleFlush()
  }

  /// Opens a stream for a call.
  func open(_ call: ClientCall) {
    if life?.isKeepaliveAsleep == true { wakeKeepalive() }
    fields.removeAll()
    call.head.append(to: &fields, connection: requestFields, now: .now())
    if call.previousAttempts > 0 {
      fields.append("grpc-previous-rpc-attempts", "\(call.previousAttempts)")
    }
    do {
      let stream = try session.submitRequest(fields, context: call)
      newestStreamID = stream.id
      call.activate(stream, self)
      unsentRequests += 1
      if serverMayRunDry { flush() } else { scheduleFlush() }
    } catch HTTP2Error.fieldsTooLarge(let bytes) {
      // No other connection would send them either.
      call.fail(
        RPCError(
          code: .resourceExhausted, message: "the call's metadata is too large",
          cause: HTTP2Error.fieldsTooLarge(bytes: bytes)))
    } catch {
      call.fail(
        RPCError(code: .unavailable, message: "the request could not be sent", cause: error))
    }
  }

  func send(_ bytes: [UInt8], on stream: Session.Stream) -> Bool {
    scheduleFlush()
    return session.send(bytes, on: stream)
  }

  func finish(_ stream: Session.Stream) {
    session.finish(stream)
    scheduleFlush()
  }

  func reset(_ stream: Session.Stream, _ code: ErrorCode) {
    session.reset(stream, code)
    scheduleFlush()
  }

  func credit(_ stream: Session.Stream, _ count: Int) {
    session.consumeStream(stream, count)
    scheduleFlush()
  }

  func sendPing(_ payload: UInt64) {
    session.submitPing(payload)
    scheduleFlush()
  }

  /// Takes no new calls, and closes when those that are open have ended.
  func drain(reason: String) {
    guard case .ready = state else { return }
    state = .draining(lastStreamID: .max, reason: reason)
    scheduleFlush()
  }

  /// Says goodbye and closes; calls that are open fail with the reason.
  ///
  /// Our half is closed first: a server that still sends would get a reset, which may overtake the
  /// goodbye. The rest is closed when the server has done the same, or after a second.
  func close(reason: String) {
    guard let context, lingering == nil else { return }
    if closeReason == nil { closeReason = reason }
    session.terminate(.noError)
    if case .handshaking = state {
      flush()
      context.close(promise: nil)
      return
    }
    lingering = context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerMax) {
      context.close(promise: nil)
    }
    flush()
    context.close(mode: .output, promise: nil)
  }

  /// Closes for want of calls: the next call gets a new connection.
  func retire(_ reason: String) {
    guard case .ready = state else { return }
    state = .draining(lastStreamID: .max, reason: reason)
    subchannel.connectionIsDraining(self, reason: reason)
    close(reason: reason)
  }

  /// The server is gone: calls fail now, whatever becomes of the socket.
  func giveUp(_ reason: String) {
    closeReason = reason
    closed(reason: reason)
    context?.close(promise: nil)
  }

  // MARK: Output

  /// Whether the server has less to do than what waits here for the end of the loop turn. Without
  /// an early write, many calls in flight fall into step: both sides handle all of them in turns,
  /// and each idles while the other works.
  private var serverMayRunDry: Bool {
    guard unsentRequests >= Self.earlyFlushRequests, !isReading, !isFlushing else { return false }
    return session.openStreams.count - unsentRequests < unsentRequests
  }

  private func scheduleFlush() {
    guard !isReading, !isFlushing, !isFlushScheduled, let context else { return }
    isFlushScheduled = true
    context.eventLoop.assumeIsolated().execute {
      self.isFlushScheduled = false
      self.flush()
    }
  }

  private func flush() {
    guard let context, !isFlushing else { return }
    unsentRequests = 0
    isFlushing = true
    defer { isFlushing = false }
    do {
      var hasMore = true
      while hasMore, context.channel.isWritable {
        if output.capacity > Self.keptBufferBytes { output = ByteBuffer() }
        output.clear()
        hasMore = try session.pullOutput(
          limit: Self.writeChunkBytes, { output.writeBytes($0) }, { handle($0) })
        if !hasMore { newestSentStreamID = newestStreamID }
        guard output.readableBytes > 0 else { break }
        context.writeAndFlush(Self.wrapOutboundOut(output), promise: nil)
      }
    } catch {
      lose(reason: "the connection to \(subchannel.address) failed: \(SocketFailure(error))")
    }
    // The library has told the server, and takes nothing more from it.
    if session.isEnded, let fault = session.peerFault { lose(reason: Self.breach("\(fault)")) }
    closeIfDrained()
  }

  // MARK: Input

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = Self.unwrapInboundIn(data)
    isReading = true
    if life?.keepalive != nil { life?.lastRead = .now() }
    bytes.withUnsafeReadableBytes { bytes in
      if !hasReceivedBytes {
        hasReceivedBytes = true
        if let problem = FirstBytes.problem(bytes) {
          lose(reason: problem)
          return
        }
      }
      do {
        try session.receive(bytes) { handle($0) }
      } catch {
        lose(reason: Self.breach("\(error)"))
      }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    flush()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { flush() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    lose(reason: "the connection to \(subchannel.address) failed: \(SocketFailure(error))")
  }

  func channelInactive(context: ChannelHandlerContext) {
    let reason: String
    if let farewell {
      reason = farewell
    } else if hasReceivedBytes {
      reason = "the connection to \(subchannel.address) was lost"
    } else {
      reason = EncryptionMismatch.closedBeforeSettings
    }
    closed(reason: closeReason ?? reason)
    lingering?.cancel()
    self.context = nil
  }

  private func handle(_ event: Event) {
    switch event {
    case .headers(let stream, let fields):
      call(of: stream)?.receiveHeaders(fields, stream: stream)
    case .trailers(let stream, let fields):
      call(of: stream)?.receiveTrailers(fields)
    case .headersTooLarge(let stream):
      call(of: stream)?.fail(
        RPCError(code: .resourceExhausted, message: "the response headers are too large"))
    case .data(let stream, let bytes):
      // The connection is credited at once, or one slow call would stop all others.
      session.consumeConnection(bytes.count)
      call(of: stream)?.receiveData(bytes)
    case .endOfStream(let stream):
      call(of: stream)?.receiveEndOfStream()
    case .writable(let stream):
      call(of: stream)?.requestBecameWritable()
    case .closed(let stream, let code):
      streamClosed(stream, code)
    case .settings:
      becameReady()
    case .settingsAcknowledged, .ping:
      break
    case .goAway(let lastStreamID, let code, let debug):
      goAway(lastStreamID, code, debug)
    }
  }

  private func call(of stream: Session.Stream) -> ClientCall? {
    guard let context = stream.context else { return nil }
    return unsafeDowncast(context, to: ClientCall.self)
  }

  private func streamClosed(_ stream: Session.Stream, _ code: ErrorCode) {
    if life != nil, session.openStreams.isEmpty { life?.callsEnded(at: .now()) }
    guard let call = call(of: stream) else {
      // Its call went on to another attempt.
      subchannel.streamBecameFree(self)
      return
    }
    stream.context = nil
    var surelyUnprocessed = code == .refusedStream
    var reason: String?
    if case .draining(let lastStreamID, let why) = state,
      surelyUnprocessed || stream.id > lastStreamID
    {
      surelyUnprocessed = true
      reason = why
    }
    if call.receiveClosed(code, surelyUnprocessed: surelyUnprocessed, reason: reason) {
      subchannel.sendAgain(call)
    } else {
      subchannel.streamBecameFree(self)
    }
  }

  private func becameReady() {
    guard case .handshaking = state else {
      if isReady { subchannel.streamBecameFree(self) }
      return
    }
    state = .ready
    handshakeTimeout?.cancel()
    handshakeTimeout = nil
    beginLife()
    subchannel.connectionBecameReady(self)
  }

  private func goAway(_ lastStreamID: Int32, _ code: ErrorCode, _ debug: [UInt8]) {
    let text = String(decoding: debug.prefix(200), as: UTF8.self)
    let reason = "the server is going away (\(code)\(text.isEmpty ? "" : ", \(text)"))"
    if code == .enhanceYourCalm, text == PingStrikes.reason { policy.serverObjectedToPings() }
    farewell = reason
    switch state {
    case .closed: return
    case .handshaking, .ready, .draining: break
    }
    handshakeTimeout?.cancel()
    handshakeTimeout = nil
    state = .draining(lastStreamID: lastStreamID, reason: reason)
    subchannel.connectionIsDraining(self, reason: reason)
  }

  private func closeIfDrained() {
    guard case .draining = state, session.openStreams.isEmpty, lingering == nil else { return }
    lose(reason: "the server has gone away")
  }

  // MARK: The end

  private static func breach(_ what: String) -> String {
    "the server broke the HTTP/2 protocol: \(what)"
  }

  private func lose(reason: String) {
    if closeReason == nil { closeReason = reason }
    context?.close(promise: nil)
  }

  private func closed(reason: String) {
    if case .closed = state { return }
    state = .closed
    endLife()
    handshakeTimeout?.cancel()
    handshakeTimeout = nil
    let open = session.openStreams
    // First the owner: calls that fail may start new ones, which must not land here.
    subchannel.connectionClosed(self, reason: reason)
    for stream in open {
      let call = call(of: stream)
      stream.context = nil
      guard let call else { continue }
      let isUnseen = stream.id > newestSentStreamID
      if call.connectionLost(reason: reason, surelyUnprocessed: isUnseen) {
        subchannel.sendAgain(call)
      }
    }
  }
}
