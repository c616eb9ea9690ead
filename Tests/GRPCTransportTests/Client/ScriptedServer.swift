import GRPC
import HTTP2
import NIOCore
import NIOPosix
import Testing

@testable import GRPCTransport

/// An HTTP/2 server on the loopback whose answers are written by the test, right or wrong.
final class ScriptedServer: Sendable {
  enum Input: Sendable {
    case headers([String: String])
    case message([UInt8])
    case end
    case reset(UInt32)
  }

  typealias Script = @Sendable (ScriptedExchange, Input) -> Void

  let port: Int
  private let channel: any Channel

  var target: HTTP2ClientTransport.Target { .tcp(host: "127.0.0.1", port: port) }

  init(
    configuration: SessionConfiguration = SessionConfiguration(), port: Int = 0,
    script: @escaping Script
  ) async throws {
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let session = try Session(role: .server, configuration: configuration)
          try channel.pipeline.syncOperations.addHandler(
            ScriptedConnection(session: session, script: script))
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    self.port = channel.localAddress?.port ?? 0
  }

  /// Stops listening; connections stay.
  func close() async throws {
    try await channel.close()
  }
}

/// One request of a scripted server; event loop only.
final class ScriptedExchange: @unchecked Sendable {
  let path: String
  let stream: Session.Stream
  let connection: ScriptedConnection
  /// Whatever a script wants to remember.
  var received = 0
  fileprivate var deframer = MessageDeframer(maxMessageBytes: 64 * 1024 * 1024)

  init(path: String, stream: Session.Stream, connection: ScriptedConnection) {
    self.path = path
    self.stream = stream
    self.connection = connection
  }

  func respond(_ fields: [(String, String)] = [], endStream: Bool = false) {
    raw([(":status", "200"), ("content-type", "application/grpc")] + fields, endStream: endStream)
  }

  func raw(_ fields: [(String, String)], endStream: Bool = false) {
    connection.session.submitResponse(stream, Self.list(fields), endStream: endStream)
    connection.flushSoon()
  }

  func send(_ message: [UInt8]) {
    sendRaw(Self.framed(message))
  }

  func sendRaw(_ bytes: [UInt8]) {
    connection.session.send(bytes, on: stream)
    connection.flushSoon()
  }

  func finish(_ status: Int = 0, _ fields: [(String, String)] = []) {
    connection.session.finish(
      stream, trailers: Self.list([("grpc-status", "\(status)")] + fields))
    connection.flushSoon()
  }

  func reset(_ code: ErrorCode) {
    connection.session.reset(stream, code)
    connection.flushSoon()
  }

  /// Sends frames as they are, after what was queued before.
  func inject(_ frames: [UInt8]) {
    connection.inject(frames)
  }

  func goAway() {
    connection.session.goAway()
    connection.flushSoon()
  }

  static func framed(_ message: [UInt8]) -> [UInt8] {
    var framed = [UInt8](repeating: 0, count: 5) + message
    LengthPrefixedMessage.writePrefix(into: &framed)
    return framed
  }

  private static func list(_ fields: [(String, String)]) -> FieldList {
    var list = FieldList()
    for (name, value) in fields { list.append(name: name, value: value) }
    return list
  }
}

final class ScriptedConnection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let session: Session
  private let script: ScriptedServer.Script
  private var exchanges: [ObjectIdentifier: ScriptedExchange] = [:]
  private var context: ChannelHandlerContext?
  /// Gives no credit for received data: the peer must stop.
  var holdsCredit = false
  /// Called with the number of pings received so far.
  var onPing: ((Int) -> Void)?
  var onClose: (() -> Void)?
  private var pings = 0
  private var isSilent = false

  init(session: Session, script: @escaping ScriptedServer.Script) {
    self.session = session
    self.script = script
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    flush()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    exchanges = [:]
    onClose?()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isSilent else { return }
    let bytes = Self.unwrapInboundIn(data)
    do {
      try bytes.withUnsafeReadableBytes { try session.receive($0) { handle($0) } }
    } catch {
      context.close(promise: nil)
    }
    flush()
  }

  func close() {
    context?.close(promise: nil)
  }

  fileprivate func inject(_ frames: [UInt8]) {
    context?.eventLoop.assumeIsolated().execute {
      self.flush()
      self.context?.writeAndFlush(
        Self.wrapOutboundOut(ByteBuffer(bytes: frames)), promise: nil)
    }
  }

  func flushSoon() {
    context?.eventLoop.assumeIsolated().execute { self.flush() }
  }

  /// Runs on the connection's own event loop, which may be another one than the caller's.
  func onLoop(_ body: @escaping @Sendable () -> Void) {
    context?.eventLoop.execute(body)
  }

  /// Reports every few milliseconds how many bytes of a stream wait to be sent.
  func watchQueue(of stream: Session.Stream, _ report: @escaping @Sendable (Int) -> Void) {
    guard let context, !stream.isClosed else { return }
    report(stream.queuedBytes)
    context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) {
      self.watchQueue(of: stream, report)
    }
  }

  /// Neither hears nor says anything any more.
  func fallSilent() {
    isSilent = true
  }

  private func flush() {
    guard let context, !isSilent else { return }
    var output = ByteBuffer()
    _ = try? session.pullOutput({ output.writeBytes($0) }, { handle($0) })
    if output.readableBytes > 0 {
      context.writeAndFlush(Self.wrapOutboundOut(output), promise: nil)
    }
  }

  private func handle(_ event: Event) {
    switch event {
    case .headers(let stream, let view):
      let list = view.map { field in
        (String(decoding: field.name, as: UTF8.self), String(decoding: field.value, as: UTF8.self))
      }
      #expect(WireLint.problems(request: list) == [], "\(list)")
      let fields = Dictionary(list) { $1 }
      let exchange = ScriptedExchange(
        path: fields[":path"] ?? "", stream: stream, connection: self)
      exchanges[ObjectIdentifier(stream)] = exchange
      script(exchange, .headers(fields))
    case .trailers: Issue.record("a request has no trailers")
    case .data(let stream, let bytes):
      session.consumeConnection(bytes.count)
      if !holdsCredit { session.consumeStream(stream, bytes.count) }
      guard let exchange = exchanges[ObjectIdentifier(stream)] else { return }
      var messages: [[UInt8]] = []
      try? exchange.deframer.receive(bytes) { messages.append($0.bytes) }
      for message in messages { script(exchange, .message(message)) }
    case .endOfStream(let stream):
      if let exchange = exchanges[ObjectIdentifier(stream)] { script(exchange, .end) }
    case .closed(let stream, let code):
      if let exchange = exchanges.removeValue(forKey: ObjectIdentifier(stream)) {
        script(exchange, .reset(code.rawValue))
      }
    case .ping(_, isReply: false):
      pings += 1
      onPing?(pings)
    default:
      break
    }
  }
}
