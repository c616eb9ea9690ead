import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import Webhooks

/// Posts webhook messages by HTTP/1.1, each on a connection of its own.
///
/// Follows no redirect, keeps nothing of the answer but its status, and gives up after
/// ``Limits/overall``. Refuses link-local addresses, where clouds keep the keys of a machine.
public final class HTTPPoster: WebhookPoster {
  /// Bounds of one try.
  public struct Limits: Sendable {
    public var connect: Duration = .seconds(5)
    /// From the look-up of the name to the end of the answer.
    public var overall: Duration = .seconds(15)
    /// Bytes of the answer's body that are read and thrown away; the rest is not waited for.
    public var bodyBytesMax = 65_536

    public init() {}
  }

  private let group: any EventLoopGroup
  private let tls: NIOSSLContext
  private let limits: Limits

  /// Makes a poster on event loops that are shut down after it.
  ///
  /// - Parameter authorityFile: the authorities (PEM) that receivers' certificates must come from;
  ///   nil means those of the system. Throws when the file cannot be used.
  public init(group: any EventLoopGroup, authorityFile: String? = nil, limits: Limits = Limits())
    throws
  {
    var configuration = TLSConfiguration.makeClientConfiguration()
    if let authorityFile { configuration.trustRoots = .file(authorityFile) }
    tls = try NIOSSLContext(configuration: configuration)
    self.group = group
    self.limits = limits
  }

  public func post(_ request: WebhookRequest) async -> AttemptResult {
    let loop = group.next()
    let attempt = Attempt(loop.makePromise(of: AttemptResult.self))
    // The promise is there before anything can complete it.
    let deadline = loop.scheduleTask(in: limits.overall.timeAmount) {
      attempt.giveUp("no answer in time")
    }
    connect(request, on: loop, attempt)
    return await withTaskCancellationHandler {
      let result = try? await attempt.result.get()
      deadline.cancel()
      return result ?? .failed("no result")
    } onCancel: {
      loop.execute { attempt.giveUp("the process stops") }
    }
  }

  private func connect(_ request: WebhookRequest, on loop: any EventLoop, _ attempt: Attempt) {
    let bodyBytesMax = limits.bodyBytesMax
    let tls = tls
    ClientBootstrap(group: loop)
      .connectTimeout(limits.connect.timeAmount)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if request.url.isSecure {
            try pipeline.addHandler(try Self.tlsHandler(tls, request.url.host))
          }
          try pipeline.addHTTPClientHandlers()
          try pipeline.addHandler(
            AnswerReader(request: request, attempt: attempt, bodyBytesMax: bodyBytesMax))
        }
      }
      .connect(host: request.url.host, port: request.url.port)
      .whenComplete { result in
        switch result {
        case .success(let channel): attempt.own(channel)
        case .failure(let error): attempt.giveUp(Self.text(error))
        }
      }
  }

  private static func tlsHandler(
    _ context: NIOSSLContext, _ host: String
  ) throws -> NIOSSLClientHandler {
    // An address is no server name (RFC 6066 section 3); it is checked against the certificate.
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
  }

  /// An error for operators, in bounded length.
  static func text(_ error: any Error) -> String {
    switch error {
    case is BoringSSLError, is NIOSSLError, is NIOSSLExtraError:
      return "the TLS handshake failed: the certificate is not valid or not for this host"
    case let error as NIOConnectionError:
      let cause = error.dnsAError ?? error.dnsAAAAError ?? error.connectionErrors.first?.error
      return "cannot connect: " + String((cause.map { "\($0)" } ?? "no address").prefix(160))
    default: return String("\(error)".prefix(200))
    }
  }
}

/// One try and how it ends, once. The channel belongs to its event loop, where all of this happens.
final class Attempt: Sendable {
  private struct State {
    var channel: (any Channel)?
    var status: Int?
    var isDone = false
  }

  private let promise: EventLoopPromise<AttemptResult>
  private let state = Mutex(State())

  init(_ promise: EventLoopPromise<AttemptResult>) {
    self.promise = promise
  }

  var result: EventLoopFuture<AttemptResult> { promise.futureResult }

  /// Takes note of the connection; closes it when the try is over already.
  func own(_ channel: any Channel) {
    let isDone = state.withLock { state in
      state.channel = channel
      return state.isDone
    }
    if isDone { channel.close(promise: nil) }
  }

  /// Takes note of the answer's status: with it the try has succeeded, whatever follows.
  func answered(_ status: Int) { state.withLock { $0.status = status } }

  /// Ends the try with the status that was answered, or without one for `reason`.
  func giveUp(_ reason: String) {
    let (isFirst, status, channel) = state.withLock { state in
      defer { state.isDone = true }
      return (!state.isDone, state.status, state.channel)
    }
    guard isFirst else { return }
    promise.succeed(status.map { .answered(status: $0) } ?? .failed(reason))
    channel?.close(promise: nil)
  }
}

/// Writes the request and reads the answer.
private final class AnswerReader: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let request: WebhookRequest
  private let attempt: Attempt
  private var bodyBytesLeft: Int

  init(request: WebhookRequest, attempt: Attempt, bodyBytesMax: Int) {
    self.request = request
    self.attempt = attempt
    bodyBytesLeft = bodyBytesMax
  }

  func channelActive(context: ChannelHandlerContext) {
    if context.remoteAddress?.isLinkLocal == true {
      attempt.giveUp("the address is link-local")
      context.close(promise: nil)
      return
    }
    var headers = HTTPHeaders([
      ("host", request.url.hostHeader), ("user-agent", "farebox"),
      ("content-type", "application/json"), ("content-length", "\(request.body.count)"),
      ("connection", "close"),
    ])
    for (name, value) in request.headers { headers.add(name: name, value: value) }
    let head = HTTPRequestHead(
      version: .http1_1, method: .POST, uri: request.url.target, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    let body = context.channel.allocator.buffer(bytes: request.body)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      // An interim answer is not the answer (RFC 9110 section 15.2).
      if head.status.code >= 200 { attempt.answered(Int(head.status.code)) }
    case .body(let bytes):
      bodyBytesLeft -= bytes.readableBytes
      if bodyBytesLeft < 0 { attempt.giveUp("the answer is too long") }
    case .end:
      attempt.giveUp("no final answer")
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    attempt.giveUp(HTTPPoster.text(error))
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    attempt.giveUp("the connection ended without an answer")
    context.fireChannelInactive()
  }
}

extension SocketAddress {
  /// Whether it lies in 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291), also written as IPv6.
  var isLinkLocal: Bool {
    switch self {
    case .v4(let address):
      return UInt32(bigEndian: address.address.sin_addr.s_addr) >> 16 == 0xA9FE
    case .v6(let address):
      let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
      if bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 { return true }
      let mapped = Array(repeating: 0, count: 10) + [0xFF, 0xFF] as [UInt8]
      return Array(bytes[..<12]) == mapped && bytes[12] == 169 && bytes[13] == 254
    case .unixDomainSocket: return false
    }
  }
}

extension Duration {
  fileprivate var timeAmount: TimeAmount {
    .seconds(components.seconds) + .nanoseconds(components.attoseconds / 1_000_000_000)
  }
}
