import GRPC
import HTTP2
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Carries calls over warm HTTP/2 connections, one for each address in use unless more are allowed,
/// in plaintext or TLS, by TCP or unix sockets.
///
/// Connects when the first call needs it and reconnects when a connection is lost or a server goes
/// away; nothing has to be run. One event loop owns the connections: a caller that runs there
/// already (a handler of a server on the same loop) calls without any thread hop.
public final class HTTP2ClientTransport: ClientTransport {
  /// How a silent server is found out (gRFC A8): agree on the figures with its owner, or it sends
  /// the client away for them.
  public struct KeepaliveSettings: Sendable, Hashable {
    /// Silence of the server after which it is pinged. Less than 10 s counts as 10 s. Doubled, for
    /// later connections, each time a server objects with "too_many_pings".
    public var interval: Duration
    /// Time that the server gets to send anything after a ping: 20 s; less than 1 ms counts as
    /// 1 ms. Then the connection is closed and its calls fail with UNAVAILABLE.
    public var timeout: Duration
    /// Whether to ping when there are no calls: no. Servers allow that every 2 h unless told
    /// otherwise.
    public var permitsWithoutCalls: Bool
    /// What `interval` is at least: 10 s, so that nobody floods a server by mistake.
    var floor = Duration.seconds(10)

    /// Pings after the given silence; the other figures are the documented ones.
    public init(
      interval: Duration, timeout: Duration = .seconds(20), permitsWithoutCalls: Bool = false
    ) {
      self.interval = interval
      self.timeout = timeout
      self.permitsWithoutCalls = permitsWithoutCalls
    }
  }

  /// Settings of a transport.
  public struct Configuration: Sendable {
    /// Which of the target's addresses take the calls: the first one that answers.
    public var balancing: LoadBalancing
    /// How calls that may be repeated are repeated when they fail; nil = not at all. Which calls
    /// may: those of methods that the contract calls idempotent, see `CallOptions.isIdempotent`.
    public var retry: RetryPolicy?
    /// When repeating stops because too much fails; nil = never.
    public var retryThrottling: RetryThrottling?
    /// What is asked over each connection before and while it takes calls, with `roundRobin` only:
    /// with one connection there is no other choice. nil = nothing.
    public var healthProbe: HealthProbe?
    /// Time between two lookups of the same names (naming.md has 30 s as well).
    var resolutionIntervalMin = Duration.seconds(30)
    /// Connections that an address may have: 1, and 10 at most; what is out of that range counts as
    /// the nearest. Another one is opened when all streams that the server allows are in use and
    /// calls wait, and closed again by `idleTimeout`, with `roundRobin` too. Calls fill the oldest
    /// first. (gRFC A105: `max_connections_per_subchannel`.)
    public var maxConnectionsPerAddress: Int
    /// Time to connect and to receive the server's HTTP/2 settings: 20 s.
    public var connectTimeout: Duration
    /// Calls that may wait for a connection or a stream: 10,000; more fail with RESOURCE_EXHAUSTED.
    public var maxWaitingCalls: Int
    /// `:authority` to send; nil = the target (`localhost` for unix sockets).
    public var authority: String?
    /// Who calls, put in front of our own name in `user-agent`, such as `rpcurl/0.1`; nil = nobody.
    public var userAgentPrefix: String?
    /// Windows and header limits of the connection.
    public var session: SessionConfiguration
    /// Whom to trust; nil = plaintext.
    public var tls: ClientTLS?
    /// Pings to a silent server: none.
    public var keepalive: KeepaliveSettings?
    /// Time without calls after which the connection is closed: 30 min, a tenth more or less; nil =
    /// never, less than 1 ms counts as 1 ms. The next call connects again. `roundRobin` keeps its
    /// connections.
    public var idleTimeout: Duration?
    /// Puts the handlers of a connection into a channel.
    typealias Initializer = @Sendable (any Channel) -> EventLoopFuture<Void>
    /// Makes connections in place of sockets: on this event loop, with these handlers.
    var connector:
      (@Sendable (any EventLoop, @escaping Initializer) -> EventLoopFuture<any Channel>)?

    /// Makes a configuration; each default is the one of `defaults`.
    public init(
      connectTimeout: Duration = .seconds(20),
      maxWaitingCalls: Int = 10_000,
      authority: String? = nil,
      userAgentPrefix: String? = nil,
      session: SessionConfiguration = Configuration.defaultSession,
      tls: ClientTLS? = nil,
      keepalive: KeepaliveSettings? = nil,
      idleTimeout: Duration? = .seconds(1800),
      balancing: LoadBalancing = .pickFirst,
      retry: RetryPolicy? = nil,
      retryThrottling: RetryThrottling? = .defaults,
      healthProbe: HealthProbe? = nil,
      maxConnectionsPerAddress: Int = 1
    ) {
      self.maxConnectionsPerAddress = maxConnectionsPerAddress
      self.healthProbe = healthProbe
      self.balancing = balancing
      self.retry = retry
      self.retryThrottling = retryThrottling
      self.connectTimeout = connectTimeout
      self.maxWaitingCalls = maxWaitingCalls
      self.authority = authority
      self.userAgentPrefix = userAgentPrefix
      self.session = session
      self.tls = tls
      self.keepalive = keepalive
      self.idleTimeout = idleTimeout
    }

    /// 20 s to connect, 10,000 waiting calls, the target as authority.
    public static var defaults: Configuration { Configuration() }

    /// 256 KiB per stream and 4 MiB per connection: a client has few, large answers.
    public static var defaultSession: SessionConfiguration {
      var session = SessionConfiguration()
      session.streamWindowBytes = 256 * 1024
      session.connectionWindowBytes = 4 * 1024 * 1024
      return session
    }

    func requestFields(for target: Target) -> ClientRequestHead.ConnectionFields {
      let prefix = userAgentPrefix.map { $0 + " " } ?? ""
      return ClientRequestHead.ConnectionFields(
        authority: authority ?? target.defaultAuthority,
        userAgent: prefix + "grpc-swift-farebox/0.1", isEncrypted: tls != nil)
    }
  }

  private let channel: ClientChannel
  /// Whether ``shutdown()`` was called: the event loops may be gone when this object goes.
  private let isShutDown = Atomic(false)

  /// Makes a transport; nothing happens before the first call.
  ///
  /// `eventLoopGroup` decides which loop owns the connection: the current one when called on a loop
  /// of the group.
  public convenience init(
    target: Target,
    configuration: Configuration = .defaults,
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger
  ) {
    self.init(
      target: target, configuration: configuration, resolver: SystemResolver(),
      eventLoopGroup: eventLoopGroup, logger: logger)
  }

  /// Makes a transport whose names are looked up by something else than the operating system.
  init(
    target: Target, configuration: Configuration, resolver: any NameResolver,
    eventLoopGroup: any EventLoopGroup, logger: Logger
  ) {
    channel = ClientChannel(
      target: target, configuration: configuration, resolver: resolver,
      eventLoop: eventLoopGroup.any(), logger: logger)
  }

  deinit {
    if !isShutDown.load(ordering: .acquiring) { channel.perform(.shutdown(nil)) }
  }

  /// Fails all calls with UNAVAILABLE, says goodbye to the server and returns when the connection
  /// is closed. Later calls fail with UNAVAILABLE.
  public func shutdown() async {
    isShutDown.store(true, ordering: .releasing)
    await withCheckedContinuation { channel.perform(.shutdown($0)) }
  }

  /// Makes a call with one request and one response.
  public func unary(
    _ head: ClientRequestHead, framedMessage: [UInt8]
  ) async throws(RPCError) -> ClientReply {
    try head.metadata.validateForSending()
    let compression = head.options.compression
    let framed =
      compression == .identity
      ? framedMessage
      : await MessageCompression.compressAside(framed: framedMessage, with: compression)
    let call = UnaryClientCall(head, framedMessage: framed)
    let outcome = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        call.continuation = continuation
        channel.perform(.start(call))
      }
    } onCancel: {
      channel.perform(.cancel(call))
    }
    let reply = try outcome.get()
    return call.hasCompressedReply ? try await call.inflated(reply) : reply
  }

  /// Starts a call of any other shape.
  public func openStream(_ head: ClientRequestHead, onlyMessage: [UInt8]?) -> any ClientStream {
    HTTP2ClientStream(head, onlyMessage: onlyMessage, transport: self, channel: channel)
  }
}
