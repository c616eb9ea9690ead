import Synchronization

/// Idle states of zlib, lent for one message at a time.
///
/// A state costs more to make than a small message costs to compress, and a call that kept one for
/// its lifetime would hold its memory while nothing happens. No more states exist than are in use,
/// plus the idle ones.
final class StatePool<State: Sendable>: Sendable {
  private let idle = Mutex<[State]>([])
  private let idleMax: Int
  private let make: @Sendable () -> State?

  init(idleMax: Int, make: @escaping @Sendable () -> State?) {
    self.idleMax = idleMax
    self.make = make
  }

  /// How many states wait to be lent.
  var idleCount: Int { idle.withLock { $0.count } }

  /// Runs `body` with a state; nil when there is no memory for one.
  func withState<Result, Failure: Error>(
    _ body: (State) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let state = idle.withLock({ $0.popLast() }) ?? make() else { return nil }
    defer {
      idle.withLock { idle in
        if idle.count < idleMax { idle.append(state) }
      }
    }
    return try body(state)
  }
}
