import GRPC
import GRPCTransport
import HTTP2
import NIOCore
import NIOPosix
import Testing

/// A client that keeps no rule of gRPC by itself: a session for what is lawful, and raw frames.
final class WireClient: Sendable {
  /// What the server did on a stream, or with the connection.
  enum Event: Sendable, Equatable {
    case headers([String])
    case data([UInt8])
    case trailers([String])
    case end
    case closed(UInt32)
    case ping(UInt64, isReply: Bool)
    case goAway(Int32)
    /// The code and the text of the GOAWAY before.
    case goAwayReason(UInt32, String)
  }

  private let channel: any Channel
  private let connection: Connection
  /// What concerns no stream: PING and GOAWAY. Ends with the connection.
  let events: AsyncStream<Event>

  /// `window`: bytes that the server may send on a stream without credit.
  init(
    _ address: ServerAddress, givesCredit: Bool = true,
    window: Int32 = SessionConfiguration().streamWindowBytes
  ) async throws {
    let target: SocketAddress
    switch address {
    case .tcp(let host, let port): target = try SocketAddress(ipAddress: host, port: port)
    case .unix(let path): target = try SocketAddress(unixDomainSocketPath: path)
    }
    let (events, continuation) = AsyncStream.makeStream(of: Event.self)
    var configuration = SessionConfiguration()
    configuration.streamWindowBytes = window
    let connection = Connection(
      session: try Session(role: .client, configuration: configuration), givesCredit: givesCredit,
      events: continuation)
    self.connection = connection
    self.events = events
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
      .connect(to: target).get()
  }

  /// One request and what came back for it.
  struct Exchange: Sendable {
    let stream: Int32
    fileprivate let client: WireClient
    let events: AsyncStream<Event>

    /// Writes frames as they are.
    func write(_ frames: [UInt8]) {
      client.write(frames)
    }

    /// Everything up to the end of the answer, or of the stream when `untilClosed`.
    func answer(untilClosed: Bool = false) async -> Answer {
      let answer = await unchecked(untilClosed: untilClosed)
      if answer.isEnded {
        let problems = WireLint.problems(
          headers: WireLint.fields(answer.headers),
          trailers: answer.trailers.map(WireLint.fields))
        #expect(problems == [], "\(answer)")
      }
      return answer
    }

    private func unchecked(untilClosed: Bool) async -> Answer {
      var answer = Answer()
      for await event in events {
        switch event {
        case .headers(let fields): answer.headers = fields
        case .data(let bytes): answer.body += bytes
        case .trailers(let fields): answer.trailers = fields
        case .end:
          answer.isEnded = true
          if !untilClosed { return answer }
        case .closed(let code):
          answer.closed = code
          return answer
        case .ping, .goAway, .goAwayReason: break
        }
      }
      return answer
    }

    /// Reads until at least `count` bytes of payload have come.
    func payload(_ count: Int) async -> [UInt8] {
      var payload: [UInt8] = []
      for await event in events {
        if case .data(let bytes) = event { payload += bytes }
        if payload.count >= count { break }
      }
      return payload
    }
  }

  struct Answer: Sendable, Equatable {
    var headers: [String] = []
    var body: [UInt8] = []
    var trailers: [String]?
    var isEnded = false
    /// The error code with which the stream was closed.
    var closed: UInt32?

    /// The value of `grpc-status`, wherever it belongs.
    var status: String? { field("grpc-status") }

    func field(_ name: String) -> String? {
      let prefix = name + "="
      return (trailers ?? headers).first { $0.hasPrefix(prefix) }
        .map { String($0.dropFirst(prefix.count)) }
    }
  }

  /// Sends a request header block.
  func open(_ fields: [(String, String)], endStream: Bool = false) async throws -> Exchange {
    let (events, continuation) = AsyncStream.makeStream(of: Event.self)
    let stream = try await channel.eventLoop.submit {
      try self.connection.open(fields, endStream: endStream, continuation)
    }.get()
    return Exchange(stream: stream, client: self, events: events)
  }

  /// A whole request: the headers of a lawful call with `more`, then DATA frames, the last of which
  /// ends the stream.
  func send(
    _ method: String, _ pieces: [[UInt8]], more: [(String, String)] = []
  ) async throws -> Exchange {
    let exchange = try await open(Self.request(method) + more, endStream: pieces.isEmpty)
    for (index, piece) in pieces.enumerated() {
      exchange.write(
        RawFrame.data(piece, stream: exchange.stream, endStream: index == pieces.count - 1))
    }
    return exchange
  }

  static func request(
    _ method: String, verb: String = "POST", contentType: String? = "application/grpc"
  ) -> [(String, String)] {
    [
      (":method", verb), (":scheme", "http"), (":path", "/test.Test/\(method)"),
      (":authority", "test"), ("te", "trailers"),
    ] + (contentType.map { [("content-type", $0)] } ?? [])
  }

  private func write(_ bytes: [UInt8]) {
    channel.eventLoop.execute { self.connection.write(bytes) }
  }

  /// Gives the credit for what was received so far, when it is not given by itself.
  func giveCredit() {
    channel.eventLoop.execute { self.connection.giveCredit() }
  }

  func close() async {
    try? await channel.close()
  }

  func ping(_ payload: UInt64) {
    channel.eventLoop.execute { self.connection.ping(payload) }
  }
}

/// The event-loop half of a `WireClient`.
private final class Connection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private final class Receiver {
    let events: AsyncStream<WireClient.Event>.Continuation
    init(_ events: AsyncStream<WireClient.Event>.Continuation) { self.events = events }
  }

  private let session: Session
  private let givesCredit: Bool
  private let events: AsyncStream<WireClient.Event>.Continuation
  private var receivers: [Receiver] = []
  private var owed: [(stream: Session.Stream, count: Int)] = []
  private var context: ChannelHandlerContext?
  private var isOver = false

  init(
    session: Session, givesCredit: Bool, events: AsyncStream<WireClient.Event>.Continuation
  ) {
    self.session = session
    self.givesCredit = givesCredit
    self.events = events
  }

  func open(
    _ fields: [(String, String)], endStream: Bool,
    _ events: AsyncStream<WireClient.Event>.Continuation
  ) throws -> Int32 {
    var list = FieldList()
    for (name, value) in fields { list.append(name: name, value: value) }
    let receiver = Receiver(events)
    receivers.append(receiver)
    if isOver { events.finish() }
    let stream = try session.submitRequest(list, endStream: endStream, context: receiver)
    flush()
    return stream.id
  }

  func write(_ bytes: [UInt8]) {
    flush()
    context?.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
  }

  func giveCredit() {
    for (stream, count) in owed {
      session.consumeConnection(count)
      session.consumeStream(stream, count)
    }
    owed = []
    flush()
  }

  func ping(_ payload: UInt64) {
    session.submitPing(payload)
    flush()
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    flush()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    isOver = true
    for receiver in receivers { receiver.events.finish() }
    events.finish()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    do {
      try unwrapInboundIn(data).withUnsafeReadableBytes { try session.receive($0) { handle($0) } }
    } catch {
      context.close(promise: nil)
    }
    flush()
  }

  private func flush() {
    guard let context else { return }
    var output = ByteBuffer()
    _ = try? session.pullOutput({ output.writeBytes($0) }, { handle($0) })
    guard output.readableBytes > 0 else { return }
    context.writeAndFlush(wrapOutboundOut(output), promise: nil)
  }

  private func handle(_ event: Event) {
    switch event {
    case .headers(let stream, let fields): note(.headers(Self.text(fields)), on: stream)
    case .trailers(let stream, let fields): note(.trailers(Self.text(fields)), on: stream)
    case .data(let stream, let bytes):
      if givesCredit {
        session.consumeConnection(bytes.count)
        session.consumeStream(stream, bytes.count)
      } else {
        owed.append((stream, bytes.count))
      }
      note(.data(Array(bytes)), on: stream)
    case .endOfStream(let stream): note(.end, on: stream)
    case .closed(let stream, let code):
      note(.closed(code.rawValue), on: stream)
      (stream.context as? Receiver)?.events.finish()
    case .ping(let payload, let isReply): events.yield(.ping(payload, isReply: isReply))
    case .goAway(let last, let code, let debug):
      events.yield(.goAway(last))
      events.yield(.goAwayReason(code.rawValue, String(decoding: debug, as: UTF8.self)))
    case .settings, .settingsAcknowledged, .writable, .headersTooLarge: break
    }
  }

  private func note(_ event: WireClient.Event, on stream: Session.Stream) {
    (stream.context as? Receiver)?.events.yield(event)
  }

  private static func text(_ fields: FieldView) -> [String] {
    fields.map { field in
      String(decoding: field.name, as: UTF8.self) + "="
        + String(decoding: field.value, as: UTF8.self)
    }
  }
}
