import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Observability
import ServiceLifecycle

/// `GET /metrics` for a Prometheus: HTTP/1.1 on a listener of its own, without a login.
///
/// Bounded like everything that listens: a request has a head of 80 KiB at most and 10 s, a
/// connection has one request, and there are 32 connections.
struct MetricsEndpoint: Service {
  /// Connections at once: 32. Further ones are closed.
  static let connectionsMax = 32
  /// Time for a request and its answer: 10 s.
  static let patience = TimeAmount.seconds(10)

  let registry: MetricsRegistry
  let endpoint: Endpoint
  let group: any EventLoopGroup
  let logger: Logger

  /// Listens until the process is told to stop. Throws ``StartupError`` when the address cannot be
  /// had.
  func run() async throws {
    let loop = group.next()
    let open = NIOLoopBoundBox.makeBoxSendingValue(0, eventLoop: loop)
    let registry = registry
    // All on one loop: its box counts the connections.
    let bootstrap = ServerBootstrap(group: loop, childGroup: loop)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        guard open.value < Self.connectionsMax else { return channel.close() }
        open.value += 1
        channel.closeFuture.whenComplete { _ in open.value -= 1 }
        return channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
          try pipeline.addHandler(MetricsPage(registry: registry))
        }
      }
    let listener: any Channel
    do {
      listener =
        switch endpoint.kind {
        case .tcp(let host, let port): try await bootstrap.bind(host: host, port: port).get()
        case .unix(let path):
          try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
            .get()
        }
    } catch {
      throw StartupError("metrics.listen: cannot listen on \(endpoint): \(error)")
    }
    logger.notice("metrics", metadata: ["address": "\(endpoint)"])
    await withTaskCancellationOrGracefulShutdownHandler {
      try? await listener.closeFuture.get()
    } onCancelOrGracefulShutdown: {
      listener.close(promise: nil)
    }
  }
}

/// Answers one request and closes.
private final class MetricsPage: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let registry: MetricsRegistry
  private var head: HTTPRequestHead?
  private var hasAnswered = false

  init(registry: MetricsRegistry) {
    self.registry = registry
  }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    context.eventLoop.scheduleTask(in: MetricsEndpoint.patience) { channel.close(promise: nil) }
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = self.head ?? head
    case .body: break
    case .end: answer(context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let head, !hasAnswered else { return }
    hasAnswered = true
    let path = head.uri.prefix { $0 != "?" }
    switch (head.method, path) {
    case (.GET, "/metrics"), (.HEAD, "/metrics"): respond(.ok, page, to: head, context)
    case (_, "/metrics"): respond(.methodNotAllowed, "GET\n", to: head, context)
    default: respond(.notFound, "/metrics\n", to: head, context)
    }
  }

  private var page: String { registry.text() + ProcessFigures.text() }

  private func respond(
    _ status: HTTPResponseStatus, _ text: String, to head: HTTPRequestHead,
    _ context: ChannelHandlerContext
  ) {
    let body = ByteBuffer(string: text)
    let headers: HTTPHeaders = [
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "content-length": "\(body.readableBytes)", "connection": "close",
    ]
    let response = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    if head.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      channel.close(promise: nil)
    }
  }
}
