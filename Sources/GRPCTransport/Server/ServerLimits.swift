import HTTP2

/// The limits of a server. Every default is stated with its number.
///
/// Those of single methods (bytes of a request message) are set with the router, those that are
/// HTTP/2's own (streams, windows, header fields, floods, output) in ``session``. What happens at a
/// limit, and how it is counted, says `LimitBreach`.
///
/// Durations that are zero or negative count as 1 ms, counts below zero as zero.
public struct ServerLimits: Sendable, Hashable {
  /// Limits and windows of each HTTP/2 session: see `SessionConfiguration`.
  public var session = SessionConfiguration()
  /// Handlers of one connection that may run at once, those of reset calls included: 100. Further
  /// calls are refused with REFUSED_STREAM, which clients may retry.
  public var maxRunningHandlers = 100
  /// Unary handlers that may run at once on one event loop, those apart that never wait: nil = any
  /// number. Further calls wait in line before their handlers begin, where they cost little. Whose
  /// time will not do when it is their turn, judged by how long handlers take, is refused with
  /// RESOURCE_EXHAUSTED. For services whose handlers wait for one thing that does not get faster
  /// when more ask for it. Not where unary calls wait for events.
  public var maxUnaryHandlersPerLoop: Int?
  /// Bytes of request messages that the calls of one connection may hold before handlers take them:
  /// 32 MiB. The call that goes beyond it fails with RESOURCE_EXHAUSTED.
  public var maxHeldRequestBytes = 32 * 1024 * 1024
  /// Calls that a client may reset within `rapidResetLifetime` of their beginning, in a burst:
  /// 1,000 (CVE-2023-44487). Beyond it the connection ends with ENHANCE_YOUR_CALM.
  public var rapidResetBurst = 1000
  /// The same per second after the burst: 330.
  public var rapidResetsPerSecond = 330
  /// Age at which the reset of a call is nothing unusual: 50 ms. Clients whose deadlines are at
  /// least as long may let every call expire: of 100 calls at once that is 2,000 per second. With
  /// shorter deadlines the two figures above bound them.
  public var rapidResetLifetime: Duration = .milliseconds(50)

  /// Open connections: 10,000. Further ones are closed at once.
  public var maxConnections = 10_000
  /// Open connections from one IPv4 address, or from the IPv6 addresses that share the first 64
  /// bits: 200. Further ones are closed at once. Unix sockets have no such limit.
  public var maxConnectionsPerAddress = 200
  /// Connections from one address, as above, that may be of no use, in a burst: 100. Those are
  /// ended for what no honest client does (floods, too many rapid resets, breaches of the
  /// protocol), or over within a second and before one of their calls has come to a good end. After
  /// more of them new connections from there have to wait; those that are open are not touched.
  /// To be set high behind a balancer that hides the addresses of its clients.
  public var fruitlessBurst = 100
  /// The same per second after the burst: 10.
  public var fruitlessPerSecond = 10
  /// Time that a new connection has to wait, unread: 1 s. It is served when the two figures above
  /// allow for it by then and closed otherwise, or at once when 50 from its address are waiting, or
  /// 1,000 in all. Then nobody of that address gets as far as a connection for the same time: on
  /// Linux the kernel drops their SYNs, of 128 addresses at once.
  public var fruitlessWait: Duration = .seconds(1)
  /// File descriptors that connections may not take: accepting pauses while no more are free. nil =
  /// a twentieth of what the process may have (RLIMIT_NOFILE), and 32 at least.
  public var descriptorReserve: Int?

  /// Time for the TLS handshake, the HTTP/2 preface and the first SETTINGS, together: 5 s; then the
  /// connection is closed.
  public var prefaceTimeout: Duration = .seconds(5)
  /// Time from the first to the last byte of one header block: 10 s; then the connection ends.
  public var headerTimeout: Duration = .seconds(10)
  /// Time from the headers to the end of a request that has one message: 15 s; then the call fails
  /// with DEADLINE_EXCEEDED. Requests that are streams may take as long as their calls.
  public var requestTimeout: Duration = .seconds(15)
  /// Longest time a call may take, that of its request to arrive included; also the deadline of
  /// calls that bring none: 1 h.
  public var maxCallDuration: Duration = .seconds(3600)

  /// Bytes of a response that a client must take within `stallWindow` while more are waiting, and
  /// of all that was written to its socket: 1,024. Otherwise the response is reset with CANCEL and
  /// its handler cancelled, or the connection closed.
  public var stallBytes = 1024
  /// The time for that, found out after up to a third more: 30 s; nil = as long as they like.
  public var stallWindow: Duration? = .seconds(30)

  /// Silence of a client, with or without calls, after which it is pinged: 2 h (gRFC A9); nil =
  /// never.
  public var keepaliveInterval: Duration? = .seconds(7200)
  /// Time that a pinged client gets to send anything: 20 s; then its connection is closed and its
  /// calls are cancelled.
  public var keepaliveTimeout: Duration = .seconds(20)
  /// Least time between the pings of a client that has calls, when it is sent no HEADERS and no
  /// DATA in between: 5 min (gRFC A8).
  public var minPingInterval: Duration = .seconds(300)
  /// Whether clients without calls may ping as often as those with calls: no. Otherwise every
  /// 2 h.
  public var permitsPingsWithoutCalls = false
  /// Pings that may come too soon before a client is sent away with ENHANCE_YOUR_CALM and
  /// "too_many_pings": 2. HEADERS and DATA that it is sent set the count back.
  public var maxPingStrikes = 2

  /// Time without calls after which a connection is drained: 5 min, a tenth more or less; nil =
  /// none. Clients are told "max_idle" and connect again when they need to.
  public var maxConnectionIdle: Duration? = .seconds(300)
  /// Age at which a connection is drained, so that clients spread anew over the servers behind a
  /// balancer: 30 min, a tenth more or less; nil = none. Clients are told "max_age".
  public var maxConnectionAge: Duration? = .seconds(1800)
  /// Time that calls in flight get when their connection is drained for its age: nil = as long as
  /// they take, which `maxCallDuration` bounds. A long answer is not cut for a matter of balance.
  public var maxConnectionAgeGrace: Duration?
  /// Time that calls in flight get to finish when the server drains: 30 s.
  public var shutdownGrace: Duration = .seconds(30)
  /// Time between the beginning of a graceful shutdown, when health turns to NOT_SERVING, and the
  /// end of accepting calls: none. Give balancers that ask for health the time to notice.
  public var lameDuck: Duration = .zero

  /// The documented defaults.
  public init() {}
}
