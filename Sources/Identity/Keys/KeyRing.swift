import Synchronization

/// The keys a verifier uses now, fetched again when a token names an unknown key or they grow old.
///
/// All verifiers of a process share one ring, so that a flood of unknown key ids costs at most one
/// fetch per `Limits.fetchInterval`.
public final class KeyRing: Sendable {
  /// The ring's times, all in seconds.
  public struct Limits: Sendable {
    /// At most one fetch is started in this time.
    public var fetchInterval: Int64
    /// Older keys are fetched again in the background.
    public var refreshAge: Int64
    /// Older keys verify nothing.
    public var staleAge: Int64

    /// Fetches at most every 30 seconds, refreshes after five minutes, trusts keys for an hour.
    public init(fetchInterval: Int64 = 30, refreshAge: Int64 = 300, staleAge: Int64 = 3600) {
      self.fetchInterval = fetchInterval
      self.refreshAge = refreshAge
      self.staleAge = staleAge
    }
  }

  /// What the ring says about a key id.
  enum Answer {
    case key(VerificationKey)
    case unknown
    case stale
  }

  private struct State {
    var keys = KeySet([])
    var fetchedAt: Int64?
    var attemptedAt: Int64?
    var running: Task<Void, Never>?
  }

  private let source: any KeySource
  private let limits: Limits
  private let clock: UnixClock
  private let isFixed: Bool
  private let state: Mutex<State>

  /// A ring that fetches from `source` when first asked.
  public init(source: any KeySource, limits: Limits = Limits(), clock: UnixClock = .system) {
    self.source = source
    self.limits = limits
    self.clock = clock
    self.isFixed = false
    self.state = Mutex(State())
  }

  /// A ring of keys that this process owns: never stale, never fetched.
  public init(fixed keys: KeySet) {
    self.source = LocalKeySource(keys)
    self.limits = Limits()
    self.clock = .system
    self.isFixed = true
    self.state = Mutex(State(keys: keys))
  }

  /// The keys as last fetched.
  public var keys: KeySet { state.withLock { $0.keys } }

  func answer(for keyID: String) -> Answer {
    let now = isFixed ? 0 : clock.now()
    return state.withLock { state in
      if !isFixed {
        // A clock that stepped back makes the age negative: old enough to ask again, too.
        guard let fetchedAt = state.fetchedAt else { return .stale }
        guard (0..<limits.staleAge).contains(now - fetchedAt) else { return .stale }
      }
      return state.keys.key(id: keyID).map(Answer.key) ?? .unknown
    }
  }

  /// Fetches the keys, unless a fetch was started within the last `Limits.fetchInterval`; waits for
  /// a running fetch. Failures leave the keys as they are.
  public func refresh() async {
    guard !isFixed, let fetch = startFetch() else { return }
    await fetch.value
  }

  /// Starts a fetch without waiting when the keys are older than `Limits.refreshAge`.
  func refreshInBackgroundWhenOld() {
    guard !isFixed else { return }
    let now = clock.now()
    let isOld = state.withLock { state in
      guard let fetchedAt = state.fetchedAt else { return true }
      return !(0..<limits.refreshAge).contains(now - fetchedAt)
    }
    if isOld { _ = startFetch() }
  }

  private func startFetch() -> Task<Void, Never>? {
    let now = clock.now()
    return state.withLock { state in
      if let running = state.running { return running }
      if let attemptedAt = state.attemptedAt,
        (0..<limits.fetchInterval).contains(now - attemptedAt)
      {
        return nil
      }
      state.attemptedAt = now
      // Unstructured: the fetch serves every waiting call and outlives the one that started it.
      let task = Task { await self.fetch() }
      state.running = task
      return task
    }
  }

  private func fetch() async {
    let fetched = try? await source.fetchKeys()
    let now = clock.now()
    state.withLock { state in
      if let fetched {
        state.keys = fetched
        state.fetchedAt = now
      }
      state.running = nil
    }
  }
}
