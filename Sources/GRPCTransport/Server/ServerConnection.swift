import GRPC
import HTTP2
import Logging
import NIOCore

/// The driver of one connection: feeds received bytes to the session, its events to the calls, and
/// writes what they queued, once per loop turn.
///
/// ```
/// channelRead ─▶ ProtocolDetector ─▶ Session.receive ─▶ events ─▶ ServerCall
/// channelReadComplete, end of an executor turn ─▶ flush: Session.pullOutput ─▶ one write
/// ```
///
/// Everything belongs to the channel's event loop; other threads come in through `runOnLoop`.
final class ServerConnection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Bytes taken from the session per write; more follow when the channel is still writable.
  static let writeBytesMax = 256 * 1024
  /// An output buffer that grew beyond this is not kept.
  static let keptBufferBytesMax = 512 * 1024
  /// Bytes that are read of a client whose connection is closing.
  static let droppedBytesMax = 256 * 1024
  /// Time that a client gets to close its half after we have closed ours.
  static let lingerMax = TimeAmount.seconds(1)

  let settings: ServerSettings
  let loop: LoopContext
  private let loopTurn: LoopTurn
  /// Who lets unary handlers begin; nil = nobody holds them back.
  let handlers: LoopHandlers?
  // Unchecked: these belong to the loop, and no access spans a call that leads back here.
  @exclusivity(unchecked) private(set) var session: Session?
  @exclusivity(unchecked) var peers = PeerNames(remote: "unknown", local: "unknown")
  @exclusivity(unchecked) var context: ChannelHandlerContext?
  @exclusivity(unchecked) var drain = ConnectionDrain()
  @exclusivity(unchecked) var life: ServerConnectionLife?
  /// Closes the connection when the client does not do its part: the preface at the beginning, the
  /// close of its half at the end.
  private var closeTimer: Scheduled<Void>?
  /// Handlers that did not finish inline and have not returned since.
  @exclusivity(unchecked) var suspendedHandlers = 0

  /// Bytes of request messages that calls hold and handlers have yet to take.
  @exclusivity(unchecked) var heldRequestBytes = 0

  private var undecided: ByteBuffer?
  /// What a newcomer has sent and nobody has looked at so far.
  @exclusivity(unchecked) var unread: ByteBuffer?
  /// The time, while a newcomer works that did not have to wait.
  @exclusivity(unchecked) var timeAtHead: Deadline?
  /// Whether the channel may go on reading meanwhile.
  @exclusivity(unchecked) var isReadingAllowed = true
  /// Whether a call of the client has come to a good end, or it has stayed: see `NewcomerLine`.
  @exclusivity(unchecked) var isKnown = false
  /// When whoever has not been sent away is known.
  @exclusivity(unchecked) private(set) var knownFrom = Deadline(nanoseconds: .max)
  /// Whether the client has reset a call.
  @exclusivity(unchecked) private(set) var hasReset = false
  @exclusivity(unchecked) private var output = ByteBuffer()
  /// Whether bytes came in this turn of the loop, of which more may follow.
  @exclusivity(unchecked) private var isArriving = false
  @exclusivity(unchecked) private var isReading = false
  @exclusivity(unchecked) private var isFlushScheduled = false
  @exclusivity(unchecked) private var isFlushing = false
  @exclusivity(unchecked) private var borrowedRequests: [ServerCall] = []
  /// When bytes were last read.
  @exclusivity(unchecked) private(set) var turnStart = Deadline(nanoseconds: 0)
  /// The turn of the loop in which that was, by its number.
  @exclusivity(unchecked) private var lastTurn: UInt64 = 0
  /// Since when they may have been waiting: the time of callers runs from there. At worst a turn of
  /// the loop too early, which is little unless there is more to do than can be done.
  @exclusivity(unchecked) var arrival = Deadline(nanoseconds: 0)
  /// Whether that was in this loop turn, so that it is as good as now.
  @exclusivity(unchecked) private var isTurnFresh = false
  /// Unary calls that began in these bytes and whose request has not ended so far.
  @exclusivity(unchecked) private var unfinishedRequests = 0
  /// Set while the session hands out events: it is ended when it has done so.
  @exclusivity(unchecked) var farewell: Farewell?
  @exclusivity(unchecked) private(set) var isClosing = false
  var hasLoggedBreach = false
  /// Whether the connection was counted as one that is of no use.
  var isFruitless = false
  /// Bytes that came after our last words.
  private var droppedBytes = 0
  /// Bytes given to the channel so far.
  @exclusivity(unchecked) private(set) var writtenBytes = 0
  /// Payload bytes of this read for which the connection is owed credit.
  @exclusivity(unchecked) private var owedBytes = 0

  struct Farewell {
    let code: ErrorCode
    let debug: String
    let reason: String
  }

  /// Must be called on the loop.
  init(settings: ServerSettings, loop: LoopContext) {
    self.settings = settings
    self.loop = loop
    loopTurn = loop.turn
    handlers = loop.handlers
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func channelActive(context: ChannelHandlerContext) {
    peers = PeerNames(of: context.channel)
    knownFrom = Deadline.now().advanced(byNanoseconds: Self.newcomerNanoseconds)
    guard isAdmitted(context.channel) else { return }
    let timeout = settings.limits.prefaceTimeout
    closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeout)) {
      self.noteBreach(.prefaceTimeout)
      self.closeChannel("no HTTP/2 preface within \(timeout)")
    }
    if settings.isDraining { beginDrain() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return drop(unwrapInboundIn(data), context) }
    let bytes = unwrapInboundIn(data)
    let now = Deadline.now()
    if !isArriving, unread == nil { noteArrival(at: now) }
    isArriving = true
    guard isKnown, unread == nil else { return readInLine(bytes, at: now) }
    read(bytes, at: now)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isArriving = false
    readEnded()
  }

  /// Bytes have arrived: the time of the calls in them runs from now, or from when they could have
  /// been seen.
  private func noteArrival(at now: Deadline) {
    lastTurn = loopTurn.reading(lastTurn: lastTurn, at: now)
    arrival = max(loopTurn.earliest, turnStart)
  }

  /// Works on received bytes; `readEnded` is owed.
  func read(_ bytes: ByteBuffer, at now: Deadline) {
    isReading = true
    turnStart = now
    guard session == nil else { return feed(bytes) }
    var collected = undecided ?? ByteBuffer()
    collected.writeImmutableBuffer(bytes)
    undecided = nil
    decide(collected)
  }

  /// Sends what came of what was read.
  func readEnded() {
    isReading = false
    flush()
    isTurnFresh = false
    // Before others are read: answers that are ready must not wait for all that is new.
    loop.executor.runPending()
    loopTurn.ended(at: .now())
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { flush() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    connectionLost()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is TLSFailure, session == nil {
      refuseClient("\(error)")
    } else {
      closeChannel("\(error)")
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    connectionLost()
    self.context = nil
  }

  /// Drops what comes after our last words: read, so that they are not overtaken by a reset, but
  /// not for as long as a client likes to send.
  private func drop(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    if droppedBytes == 0 { readLittle() }
    droppedBytes += bytes.readableBytes
    guard droppedBytes > Self.droppedBytesMax else { return }
    try? context.channel.syncOptions?.setOption(.autoRead, value: false)
  }

  private func decide(_ bytes: ByteBuffer) {
    switch ProtocolDetector.judge(bytes.readableBytesView) {
    case .undecided:
      undecided = bytes
    case .http2:
      do throws(HTTP2Error) {
        session = try Session(
          role: .server, configuration: settings.limits.session, workspace: loop.workspace)
        beginLife(at: turnStart)
        feed(bytes)
      } catch {
        closeChannel("\(error)")
      }
    case .http1:
      context?.writeAndFlush(
        NIOAny(ByteBuffer(string: ProtocolDetector.http1Answer)), promise: nil)
      refuseClient("the client speaks HTTP/1")
    case .tls:
      refuseClient("the client speaks TLS, this port is plaintext")
    case .unknown:
      refuseClient("the client speaks neither HTTP/2 nor HTTP/1")
    }
  }

  // MARK: In

  private func feed(_ bytes: ByteBuffer) {
    guard let session else { return }
    isTurnFresh = true
    do throws(HTTP2Error) {
      try receive(bytes, session)
    } catch {
      // What the session has to say about it (GOAWAY) still goes out.
      settings.logger.debug("connection fails", metadata: logMetadata(["error": "\(error)"]))
      noteBreach(LimitBreach(error))
      session.terminate(.protocolError)
      flush()
      closeChannel("\(error)")
    }
    session.consumeConnection(owedBytes)
    owedBytes = 0
    for call in borrowedRequests { call.keepRequest() }
    borrowedRequests.removeAll(keepingCapacity: true)
    if unfinishedRequests != 0 { timeUnfinishedRequests(session) }
    noteHeaderBlock(session)
    if let farewell { end(farewell.code, debug: farewell.debug, farewell.reason) }
  }

  /// The requests that did not end with the bytes they began in: their deadlines need timers.
  private func timeUnfinishedRequests(_ session: Session) {
    unfinishedRequests = 0
    for stream in session.openStreams where !stream.hasPeerEnded {
      if let call = call(of: stream) { startRequestTimer(of: call) }
    }
  }

  private func receive(_ bytes: ByteBuffer, _ session: Session) throws(HTTP2Error) {
    var failure: HTTP2Error?
    bytes.withUnsafeReadableBytes { view in
      do throws(HTTP2Error) {
        try session.receive(view) { handle($0, session) }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func handle(_ event: Event, _ session: Session) {
    switch event {
    case .headers(let stream, let fields):
      begin(stream, fields, session)
    case .data(let stream, let bytes):
      // The connection is credited when this read is done, or one slow call would stop all others;
      // the stream's own window bounds what a call can make us hold.
      owedBytes += bytes.count
      guard let call = call(of: stream) else {
        session.consumeStream(stream, bytes.count)
        return
      }
      if call.receive(bytes) { borrowedRequests.append(call) }
      if heldRequestBytes > settings.limits.maxHeldRequestBytes, !call.isCancelled {
        noteBreach(.heldRequestBytes)
        call.abort(
          Status(code: .resourceExhausted, message: "the connection holds too many request bytes"))
      }
    case .endOfStream(let stream):
      guard let call = call(of: stream) else { return }
      if !call.hasTimer, !call.method.requestIsStream { unfinishedRequests -= 1 }
      call.receiveEnd()
    case .writable(let stream):
      call(of: stream)?.becameWritable()
    case .closed(let stream, let code):
      let call = call(of: stream)
      stream.context = nil
      if stream.isResetByPeer {
        hasReset = true
        judgeReset(of: call)
      }
      if let call {
        callClosed(call)
        if code == .noError, !stream.isResetByPeer, !isKnown { callEndedWell() }
      }
      if session.isIdle {
        life?.age.callsEnded(at: isTurnFresh ? turnStart : .now())
      }
    case .headersTooLarge(let stream):
      noteBreach(.headerBlock)
      if let call = call(of: stream) {
        return call.abort(
          Status(code: .resourceExhausted, message: "the request trailers are too large"))
      }
      var machine = ServerStreamStateMachine()
      if case .refuse(let answer) = machine.receiveOversizedHeaders() {
        session.submitResponse(stream, answer, endStream: true)
      }
    case .settings:
      closeTimer?.cancel()
      closeTimer = nil
    case .ping(let payload, isReply: true):
      drainPingReplied(payload)
    case .ping(_, isReply: false):
      guard !isWelcome(pingIn: session), farewell == nil else { return }
      noteBreach(.pings)
      farewell = Farewell(
        code: .enhanceYourCalm, debug: PingStrikes.reason, reason: "the client pings too often")
    case .trailers, .settingsAcknowledged, .goAway:
      break
    }
  }

  private func begin(_ stream: Session.Stream, _ fields: FieldView, _ session: Session) {
    // Reset by bytes that came with it: whoever asked does not wait any more.
    guard !stream.isClosed else { return }
    guard suspendedHandlers < settings.limits.maxRunningHandlers else {
      noteBreach(.runningHandlers)
      return session.reset(stream, .refusedStream)
    }
    let headers = RequestHeaders(fields)
    var machine = ServerStreamStateMachine()
    switch machine.receiveHeaders(headers, routes: settings.routes) {
    case .begin(let method, let timeout):
      let duration = min(timeout ?? .max, settings.maxCallNanoseconds)
      let deadline = arrival.advanced(byNanoseconds: duration)
      guard duration <= 0 || turnStart < deadline else {
        // By a clock that may be a turn of the loop ahead of the client's, to which a reset alone
        // would say that the server cancelled the call.
        callIsLate()
        let status = Status(code: .deadlineExceeded, message: "the call was read too late")
        return session.submitResponse(stream, machine.trailersOnly(status), endStream: true)
      }
      let call = ServerCall(
        method: method, metadata: headers.metadata, begunAt: arrival,
        deadline: deadline,
        isClientsDeadline: timeout.map { $0 <= settings.maxCallNanoseconds } ?? false,
        peers: peers, stream: stream, machine: consume machine, host: self)
      stream.context = call
      if duration <= 0 {
        call.abort(Status(code: .deadlineExceeded, message: "the call came without time"))
      } else if method.requestIsStream {
        call.start()
      } else {
        unfinishedRequests += 1
      }
    case .refuse(let answer):
      session.submitResponse(stream, answer, endStream: true)
    case .nothing:
      break
    }
  }

  private func call(of stream: Session.Stream) -> ServerCall? {
    stream.context.map { unsafeDowncast($0, to: ServerCall.self) }
  }

  // MARK: Out

  /// Writes what the session has queued, as far as the channel takes it.
  func flush() {
    guard let session, let context, !isFlushing else { return }
    isFlushing = true
    defer { isFlushing = false }
    do throws(HTTP2Error) {
      var hasMore = true
      // Flushed inside the loop: a channel that becomes writable again meanwhile is seen here.
      while hasMore, context.channel.isWritable {
        output.clear()
        let staging = loop.lendStaging()
        defer { loop.takeBack(staging) }
        hasMore = try session.pullOutput(
          limit: Self.writeBytesMax, { staging.add($0, to: &output) }, { handle($0, session) })
        staging.flush(to: &output)
        guard output.readableBytes > 0 else { break }
        writtenBytes += output.readableBytes
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
      }
    } catch {
      closeChannel("\(error)")
    }
    if output.capacity > Self.keptBufferBytesMax { output = ByteBuffer() }
    if session.queuedBytes > 0 || !context.channel.isWritable { watchReaders() }
    if session.isFinished || drainIsComplete {
      if session.peerFault != nil, !session.hasSaidGoodbye { noteBreach(.protocolError) }
      closeChannel(nil)
    }
  }

  func scheduleFlush() {
    guard !isReading, !isFlushing, !isFlushScheduled else { return }
    isFlushScheduled = true
    loop.executor.atTurnEnd {
      self.isFlushScheduled = false
      self.flush()
    }
  }

  // MARK: End

  /// Says why in a GOAWAY, ends all calls and closes. Not while the session hands out events.
  func end(_ code: ErrorCode, debug: String = "", _ reason: String) {
    farewell = nil
    session?.goAway(code, debug: Array(debug.utf8))
    flush()
    closeChannel(reason)
  }

  /// Closes the connection, once what was written is on its way.
  ///
  /// A client that still sends would get a reset, which may overtake our last words: so our half is
  /// closed first, and the rest when the client has done the same, or after a second. Under TLS the
  /// goodbye of TLS goes with our half; few clients answer it, but all answer the end of TCP.
  func closeChannel(_ reason: String?, lingers: Bool = true) {
    guard let context, !isClosing else { return }
    isClosing = true
    if let reason {
      settings.logger.debug("closing a connection", metadata: logMetadata(["reason": "\(reason)"]))
    }
    guard lingers, session != nil else { return context.close(mode: .all, promise: nil) }
    connectionLost()
    let channel = context.channel
    closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerMax) {
      channel.close(mode: .all, promise: nil)
    }
    context.close(mode: .output, promise: nil)
  }

  /// Closes the connection of a client that does not speak our language. Operators look for the
  /// reason, so it is logged for them to see, as far as the budget for that allows.
  private func refuseClient(_ reason: String) {
    if !isClosing, settings.mayLogRefusal() {
      settings.logger.info("refusing a client", metadata: logMetadata(["reason": "\(reason)"]))
    }
    closeChannel(reason)
  }

  private func connectionLost() {
    endLife()
    closeTimer?.cancel()
    closeTimer = nil
    unread = nil
    guard let ended = session else { return }
    session = nil
    for stream in ended.openStreams {
      let call = call(of: stream)
      stream.context = nil
      if let call { callClosed(call) }
    }
  }

  func logMetadata(_ more: Logger.Metadata) -> Logger.Metadata {
    more.merging(["peer": "\(peers.remote)"]) { first, _ in first }
  }
}
