/// Decides which addresses to connect to, and when. Pure: no sockets, no clock, no tasks.
///
/// ```
/// resolver --addresses--> +----------+ --connect, abandon--> connections
/// calls ----callArrived-> | balancer | --wait, stopWaiting-> timers
/// connections --became--> |          | --resolveAgain------> resolver
/// timers --timerFired---> +----------+ --failCalls---------> calls that do not wait for ready
/// ```
/// `callsWait` says whether a call waits at that moment.
protocol LoadBalancer: Sendable {
  /// The state of all addresses together.
  var state: ConnectivityState { get }

  /// The resolver found these, at least one.
  mutating func update(_ addresses: [ResolvedAddress], callsWait: Bool) -> [BalancerAction]
  /// A call found no connection that is ready. What has failed is tried at once on its behalf.
  mutating func callArrived() -> [BalancerAction]
  /// Something happened to an address that was to be connected.
  mutating func connection(
    to address: ResolvedAddress, _ event: ConnectionEvent, callsWait: Bool
  ) -> [BalancerAction]
  /// A timer asked for by `wait` is due.
  mutating func timerFired(_ timer: BalancerTimer, callsWait: Bool) -> [BalancerAction]
}

/// What a balancer hears about one address.
enum ConnectionEvent: Sendable, Hashable {
  /// Calls can be made.
  case ready
  /// It is connected, and the server says that it cannot serve.
  case unhealthy
  /// The attempt failed.
  case failed
  /// The connection was there and takes no calls any more. It was stable when it lasted a while:
  /// then the next attempt need not wait.
  case lost(wasStable: Bool)
}

/// What a balancer wants done, in this order.
enum BalancerAction: Sendable, Hashable {
  case connect(ResolvedAddress)
  /// Give up an attempt; let a connection end with its calls.
  case abandon(ResolvedAddress)
  /// Replaces the timer of the same name.
  case wait(Duration, BalancerTimer)
  case stopWaiting(BalancerTimer)
  case resolveAgain
  /// No address can be reached: calls that do not wait for ready fail.
  case failCalls
}

/// The timers of a balancer.
enum BalancerTimer: Sendable, Hashable {
  /// Try the next address beside the one that is slow.
  case nextAttempt
  /// Begin again with the first address.
  case newRound
  /// Try this address again.
  case retry(ResolvedAddress)
}
