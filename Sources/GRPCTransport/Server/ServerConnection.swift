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

  let settings: ServerSettings
  let loop: LoopContext
  // Unchecked: these belong to the loop, and no access spans a call that leads back here.
  @exclusivity(unchecked) private(set) var session: Session?
  var peers = PeerNames(remote: "unknown", local: "unknown")
  @exclusivity(unchecked) var context: ChannelHandlerContext?
  @exclusivity(unchecked) var drain = ConnectionDrain()
  var prefaceTimer: Scheduled<Void>?
  /// Handlers that did not finish inline and have not returned since.
  @exclusivity(unchecked) var suspendedHandlers = 0

  /// Bytes of request messages that calls hold and handlers have yet to take.
  @exclusivity(unchecked) var heldRequestBytes = 0

  private var undecided: ByteBuffer?
  private var output = ByteBuffer()
  @exclusivity(unchecked) private var isReading = false
  @exclusivity(unchecked) private var isFlushScheduled = false
  @exclusivity(unchecked) private var isFlushing = false
  @exclusivity(unchecked) private var borrowedRequests: [ServerCall] = []
  @exclusivity(unchecked) private var turnStart = Deadline(nanoseconds: 0)

  init(settings: ServerSettings, loop: LoopContext) {
    self.settings = settings
    self.loop = loop
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func channelActive(context: ChannelHandlerContext) {
    peers = PeerNames(
      remote: ServerAddress.peerName(context.remoteAddress),
      local: ServerAddress.peerName(context.localAddress))
    let timeout = settings.limits.prefaceTimeout
    prefaceTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeout)) {
      self.closeChannel("no HTTP/2 preface within \(timeout)")
    }
    if settings.isDraining { beginDrain() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isReading = true
    let buffer = unwrapInboundIn(data)
    guard session == nil else { return feed(buffer) }
    var collected = undecided ?? ByteBuffer()
    collected.writeImmutableBuffer(buffer)
    undecided = nil
    decide(collected)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    flush()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { flush() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    connectionLost()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    closeChannel("\(error)")
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    connectionLost()
    self.context = nil
  }

  private func decide(_ bytes: ByteBuffer) {
    switch ProtocolDetector.judge(bytes.readableBytesView) {
    case .undecided:
      undecided = bytes
    case .http2:
      do throws(HTTP2Error) {
        session = try Session(role: .server, configuration: settings.limits.session)
        feed(bytes)
      } catch {
        closeChannel("\(error)")
      }
    case .http1:
      context?.writeAndFlush(
        NIOAny(ByteBuffer(string: ProtocolDetector.http1Answer)), promise: nil)
      closeChannel("the client speaks HTTP/1")
    case .tls:
      closeChannel("the client speaks TLS, this port is plaintext")
    case .unknown:
      closeChannel("the client speaks neither HTTP/2 nor HTTP/1")
    }
  }

  // MARK: In

  private func feed(_ bytes: ByteBuffer) {
    guard let session else { return }
    turnStart = Deadline.now()
    do throws(HTTP2Error) {
      try receive(bytes, session)
    } catch {
      // What the session has to say about it (GOAWAY) still goes out.
      settings.logger.debug("connection fails", metadata: logMetadata(["error": "\(error)"]))
      session.terminate(.protocolError)
      flush()
      closeChannel("\(error)")
    }
    for call in borrowedRequests { call.keepRequest() }
    borrowedRequests.removeAll(keepingCapacity: true)
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
      // The connection is credited at once, or one slow call would stop all others; the stream's
      // own window bounds what a call can make us hold.
      session.consumeConnection(bytes.count)
      guard let call = call(of: stream) else {
        session.consumeStream(stream, bytes.count)
        return
      }
      if call.receive(bytes) { borrowedRequests.append(call) }
      if heldRequestBytes > settings.limits.maxHeldRequestBytes {
        call.abort(
          Status(code: .resourceExhausted, message: "the connection holds too many request bytes"))
      }
    case .endOfStream(let stream):
      call(of: stream)?.receiveEnd()
    case .writable(let stream):
      call(of: stream)?.becameWritable()
    case .closed(let stream, _):
      let call = call(of: stream)
      stream.context = nil
      call?.closed()
    case .headersTooLarge(let stream):
      if let call = call(of: stream) {
        return call.abort(
          Status(code: .resourceExhausted, message: "the request trailers are too large"))
      }
      var machine = ServerStreamStateMachine()
      if case .refuse(let answer) = machine.receiveOversizedHeaders() {
        session.submitResponse(stream, answer, endStream: true)
      }
    case .settings:
      prefaceTimer?.cancel()
      prefaceTimer = nil
    case .ping(let payload, isReply: true):
      drainPingReplied(payload)
    case .trailers, .settingsAcknowledged, .ping, .goAway:
      break
    }
  }

  private func begin(_ stream: Session.Stream, _ fields: FieldView, _ session: Session) {
    guard suspendedHandlers < settings.limits.maxRunningHandlers else {
      return session.reset(stream, .refusedStream)
    }
    var machine = ServerStreamStateMachine()
    switch machine.receiveHeaders(fields, routes: settings.routes) {
    case .begin(let method, let timeout):
      let duration = min(timeout ?? .max, settings.maxCallNanoseconds)
      let call = ServerCall(
        method: method, metadata: RequestHeaders.metadata(fields),
        deadline: turnStart.advanced(byNanoseconds: duration), isClientsDeadline: timeout != nil,
        peers: peers, stream: stream, machine: machine, host: self)
      stream.context = call
      if duration <= 0 {
        call.deadlineReached()
      } else if method.descriptor.requestIsStream {
        call.start()
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
        hasMore = try session.pullOutput(
          limit: Self.writeBytesMax, { output.writeBytes($0) }, { handle($0, session) })
        guard output.readableBytes > 0 else { break }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
      }
    } catch {
      closeChannel("\(error)")
    }
    if output.capacity > Self.keptBufferBytesMax { output = ByteBuffer() }
    if session.isFinished || drainIsComplete { closeChannel(nil) }
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

  func closeChannel(_ reason: String?) {
    guard let context else { return }
    if let reason {
      settings.logger.debug("closing a connection", metadata: logMetadata(["reason": "\(reason)"]))
    }
    context.close(mode: .all, promise: nil)
  }

  private func connectionLost() {
    prefaceTimer?.cancel()
    prefaceTimer = nil
    guard let ended = session else { return }
    session = nil
    for stream in ended.openStreams {
      let call = call(of: stream)
      stream.context = nil
      call?.closed()
    }
  }

  func logMetadata(_ more: Logger.Metadata) -> Logger.Metadata {
    more.merging(["peer": "\(peers.remote)"]) { first, _ in first }
  }
}
