import GRPC
import HTTP2
import Logging
import NIOCore
import NIOPosix

/// The connections to the servers behind one target: the driver that asks the resolver, obeys the
/// balancer, and hands out those that are ready.
///
/// Event loop only. The channel owns it and hears from it; once there are connections, each keeps
/// its channel until it is closed.
final class ServerPool: @unchecked Sendable {
  private weak var channel: ClientChannel?
  private let target: HTTP2ClientTransport.Target
  private let configuration: HTTP2ClientTransport.Configuration
  private let resolver: any NameResolver
  private let policy: ClientConnectionPolicy
  private let additionalPolicy: ClientConnectionPolicy
  /// Whether an address may have more than one connection.
  private let mayScale: Bool
  private let eventLoop: any EventLoop
  private let logger: Logger

  /// The connections that take calls: the oldest of each address.
  private var ready: Rotation<ClientConnection>
  /// The addresses that take calls; only kept when they may have more than one connection.
  private var scalable = Rotation<Subchannel>()
  private var balancer: any LoadBalancer
  private var subchannels: [ResolvedAddress: Subchannel] = [:]
  /// Connections from their first byte to their last, also those that only end their calls.
  private var open: [ClientConnection] = []
  private var timers: [BalancerTimer: Scheduled<Void>] = [:]
  private var pendingActions: [BalancerAction] = []
  private var isObeying = false

  private let needsLookup: Bool
  private var hasAddresses = false
  private var isResolving = false
  private var resolvedAt: Deadline?
  private var resolutionTimer: Scheduled<Void>?
  private var resolutionBackoff = ReconnectBackoff()
  private var random = SystemRandomness()

  private var lastFailure = "there is no connection"
  private var isShutDown = false

  init(
    channel: ClientChannel, target: HTTP2ClientTransport.Target,
    configuration: HTTP2ClientTransport.Configuration, resolver: any NameResolver,
    eventLoop: any EventLoop, logger: Logger
  ) {
    self.channel = channel
    self.target = target
    self.configuration = configuration
    var lasting = configuration
    if configuration.balancing == .roundRobin { lasting.idleTimeout = nil }
    policy = ClientConnectionPolicy(lasting, logger: logger)
    additionalPolicy =
      configuration.balancing == .roundRobin
      ? ClientConnectionPolicy(configuration, logger: logger) : policy
    mayScale = configuration.maxConnectionsPerAddress > 1
    self.resolver = resolver
    self.eventLoop = eventLoop
    self.logger = logger
    // An error here comes back, in words, when the addresses are asked for.
    needsLookup = (try? target.literalAddresses) == .some(nil)
    switch configuration.balancing {
    case .pickFirst: balancer = PickFirst(random: SystemRandomness())
    case .roundRobin: balancer = RoundRobin(random: SystemRandomness())
    }
    ready = Rotation(startingAt: Int.random(in: 0..<4096))
  }

  /// The connection for the next call; nil when none is ready or has a free stream.
  func next() -> ClientConnection? {
    if let connection = ready.next(where: { $0.hasFreeStream }) { return connection }
    guard mayScale else { return nil }
    return scalable.next { $0.connectionWithRoom != nil }?.connectionWithRoom
  }

  /// A call waits. When that is for want of a connection, one is made now.
  func callWaits() {
    guard !isShutDown else { return }
    guard ready.isEmpty else {
      scaleIfCallsWait()
      return
    }
    if hasAddresses {
      obey(balancer.callArrived())
    } else {
      resolve()
    }
  }

  /// When calls wait although there are connections, one address makes another (gRFC A105).
  func scaleIfCallsWait() {
    guard mayScale, callsWait, !isShutDown else { return }
    _ = scalable.next { $0.callsWait() }
  }

  // MARK: Addresses

  private func resolve() {
    guard !isResolving, !isShutDown else { return }
    isResolving = true
    resolutionTimer?.cancel()
    resolutionTimer = nil
    do {
      if let addresses = try target.literalAddresses {
        resolved(.success(addresses))
        return
      }
    } catch {
      resolved(.failure(error))
      return
    }
    logger.debug("resolving", metadata: ["target": "\(target)"])
    target.resolve(with: resolver, on: eventLoop).assumeIsolated().whenComplete {
      self.resolved($0)
    }
  }

  private func resolved(_ result: Result<[ResolvedAddress], any Error>) {
    isResolving = false
    guard !isShutDown else { return }
    switch result {
    case .success(let addresses) where !addresses.isEmpty:
      let isFirst = !hasAddresses
      hasAddresses = true
      resolvedAt = .now()
      resolutionBackoff.reset()
      obey(balancer.update(addresses, callsWait: callsWait))
      if isFirst, callsWait { obey(balancer.callArrived()) }
    case .success:
      resolutionFailed(ResolutionFailure(description: "it names no address"))
    case .failure(let error):
      resolutionFailed(error)
    }
  }

  private func resolutionFailed(_ error: any Error) {
    let reason = "cannot resolve \(target): \(SocketFailure(error))"
    logger.debug("resolution failed", metadata: ["reason": "\(reason)"])
    // Addresses that once were good are better than none.
    guard !hasAddresses else { return }
    channel?.failWaitingCalls(reason: reason)
    guard callsWait else { return }
    let delay = resolutionBackoff.delayAfterFailure(using: &random)
    resolutionTimer = after(delay) { $0.resolve() }
  }

  private func resolveAgain() {
    guard needsLookup, !isResolving, resolutionTimer == nil else { return }
    let earliest = resolvedAt?.advanced(
      byNanoseconds: configuration.resolutionIntervalMin.saturatedNanoseconds)
    guard let earliest, !earliest.isPast else {
      resolve()
      return
    }
    resolutionTimer = after(earliest.remaining) { $0.resolve() }
  }

  // MARK: The balancer

  private var callsWait: Bool { channel?.hasWaitingCalls ?? false }

  /// Carries actions out in order; what they lead to at once comes after them.
  private func obey(_ actions: [BalancerAction]) {
    pendingActions += actions
    guard !isObeying else { return }
    isObeying = true
    defer { isObeying = false }
    while !pendingActions.isEmpty { obey(pendingActions.removeFirst()) }
  }

  private func obey(_ action: BalancerAction) {
    guard !isShutDown else { return }
    switch action {
    case .connect(let address): subchannel(to: address)?.connect()
    case .abandon(let address): subchannels.removeValue(forKey: address)?.abandon()
    case .wait(let delay, let timer):
      timers[timer]?.cancel()
      timers[timer] = after(delay) { pool in
        pool.timers[timer] = nil
        pool.obey(pool.balancer.timerFired(timer, callsWait: pool.callsWait))
      }
    case .stopWaiting(let timer): timers.removeValue(forKey: timer)?.cancel()
    case .resolveAgain: resolveAgain()
    case .failCalls: channel?.failWaitingCalls(reason: failureOfAll)
    }
  }

  private func subchannel(to address: ResolvedAddress) -> Subchannel? {
    if let known = subchannels[address] { return known }
    guard let channel else { return nil }
    let subchannel = Subchannel(
      to: address, pool: self, channel: channel, configuration: configuration, policy: policy,
      additionalPolicy: additionalPolicy, logger: logger)
    subchannels[address] = subchannel
    return subchannel
  }

  private var failureOfAll: String {
    subchannels.count > 1
      ? "none of the \(subchannels.count) addresses of \(target) can be used; the last failure: "
        + lastFailure
      : lastFailure
  }

  private func after(
    _ delay: Duration, _ body: @escaping @Sendable (ServerPool) -> Void
  ) -> Scheduled<Void> {
    eventLoop.scheduleTask(in: .nanoseconds(delay.saturatedNanoseconds)) { body(self) }
  }

  // MARK: What subchannels tell

  func opened(_ connection: ClientConnection) {
    open.append(connection)
  }

  func closed(_ connection: ClientConnection) {
    open.removeAll { $0 === connection }
    reportIfShutDown()
  }

  /// The address takes calls over the connection, its oldest, from now on.
  func becameReady(_ connection: ClientConnection, of subchannel: Subchannel) {
    guard !isShutDown else { return }
    ready.append(connection)
    if mayScale { scalable.append(subchannel) }
    obey(balancer.connection(to: subchannel.address, .ready, callsWait: callsWait))
    channel?.serveWaitingCalls(with: connection)
  }

  /// The address takes no calls any more, or has another connection as its oldest.
  func noLongerReady(_ connection: ClientConnection, of subchannel: Subchannel) {
    ready.remove(connection)
    if mayScale { scalable.remove(subchannel) }
  }

  /// What else happened to an address, and why.
  func happened(_ event: ConnectionEvent, to address: ResolvedAddress, reason: String) {
    lastFailure = reason
    guard !isShutDown else { return }
    obey(balancer.connection(to: address, event, callsWait: callsWait))
  }

  // MARK: Shutdown

  /// Closes everything; the channel hears when nothing is left.
  func shutDown(reason: String) {
    isShutDown = true
    resolutionTimer?.cancel()
    resolutionTimer = nil
    for timer in timers.values { timer.cancel() }
    timers = [:]
    for subchannel in subchannels.values { subchannel.abandon() }
    subchannels = [:]
    ready = Rotation()
    scalable = Rotation()
    for connection in open { connection.close(reason: reason) }
    reportIfShutDown()
  }

  private func reportIfShutDown() {
    if isShutDown, open.isEmpty { channel?.poolIsEmpty() }
  }
}
