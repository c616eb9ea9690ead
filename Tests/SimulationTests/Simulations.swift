import Foundation
import LedgerConformance
import Synchronization

/// Many simulations, on threads of their own.
enum Simulations {
  /// What they came to.
  struct Outcome: Sendable {
    var count = 0
    var steps = 0
    var entries: Int64 = 0
    /// Of all histories, in any order.
    var hash: UInt64 = 0
    var counts: [String: Int] = [:]
    var coverage = Coverage()

    mutating func merge(_ other: Outcome) {
      count += other.count
      steps += other.steps
      entries += other.entries
      hash ^= other.hash
      counts.merge(other.counts, uniquingKeysWith: +)
      coverage.merge(other.coverage)
    }

    /// The figures, and how often what was reached, the least first.
    var summary: String {
      let rows = counts.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        .map { row in
          let digits = "\(row.value)"
          return String(repeating: " ", count: max(0, 9 - digits.count)) + digits + "  " + row.key
        }
      let reached = coverage.rows.count { $0.count > 0 }
      return "\(count) simulations, \(steps) steps, \(entries) journal entries, \(reached) of "
        + "\(coverage.rows.count) branches of the model\n" + rows.joined(separator: "\n")
    }
  }

  /// Runs the simulations of these seeds. Throws the first breach, with its seed and the end of its
  /// history.
  static func run(
    _ seeds: Range<UInt64>, sabotage: World.Sabotage? = nil, width: Int = 2,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> Outcome {
    let queue = SeedQueue(seeds)
    return try await withThrowingTaskGroup(of: Outcome.self) { group in
      for _ in 0..<min(width, seeds.count) {
        group.addTask {
          try await onThread {
            var all = Outcome()
            while let seed = queue.next() {
              do {
                all.merge(try one(seed, sabotage))
              } catch {
                queue.stop()
                throw error
              }
              progress(Int(seed - seeds.lowerBound) + 1)
            }
            return all
          }
        }
      }
      var all = Outcome()
      for try await part in group { all.merge(part) }
      return all
    }
  }

  private static func one(_ seed: UInt64, _ sabotage: World.Sabotage?) throws -> Outcome {
    let world = World(seed: seed, sabotage: sabotage)
    let advice = "FAREBOX_SEED=\(seed) FAREBOX_SIMULATIONS=1 repeats it"
    do {
      try TrapNote.during("the simulation of seed \(seed) trapped; \(advice)") {
        try world.run(clients: Int(seed % 3) + 3, actions: 11)
      }
    } catch {
      let history = world.simulator.history
      throw Breach(
        "seed \(seed): \(error)\n\nits history ends:\n\(history.lastLines)\n\n\(advice)")
    }
    let history = world.simulator.history
    if let path = ProcessInfo.processInfo.environment["FAREBOX_HISTORY"] {
      try history.lastLines.write(toFile: "\(path)-\(seed)", atomically: true, encoding: .utf8)
    }
    return Outcome(
      count: 1, steps: world.simulator.steps, entries: world.judge.lastSeq, hash: history.hash,
      counts: history.counts, coverage: world.judge.coverage)
  }

  /// Runs `body` on a thread of its own: a simulation must not leave its thread, nor hold one that
  /// other tests wait for.
  private static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread { continuation.resume(with: Result { try body() }) }
      thread.stackSize = 16 << 20
      thread.start()
    }
  }

  /// Hands out the seeds.
  private final class SeedQueue: Sendable {
    private let state: Mutex<Range<UInt64>>

    init(_ seeds: Range<UInt64>) { state = Mutex(seeds) }

    func next() -> UInt64? { state.withLock { $0.popFirst() } }
    func stop() { state.withLock { $0 = $0.upperBound..<$0.upperBound } }
  }
}

/// How many simulations are run.
enum SimulationSize {
  /// The number in FAREBOX_SIMULATIONS, or `usual`.
  static func seeds(usual: Int) -> Int {
    ProcessInfo.processInfo.environment["FAREBOX_SIMULATIONS"].flatMap { Int($0) } ?? usual
  }

  /// What 200 simulations must have reached.
  static let wanted = [
    "answer: told again", "answer: told first", "abuse: FAILED_PRECONDITION IDEMPOTENCY_MISMATCH",
    "backup: told", "balance: told", "call: deadline at the client", "call: deadline at the server",
    "check: insufficient", "check: noAccount", "check: sufficient", "check: unknownModel",
    "client: asked again", "client: cancelled", "client: gave up", "client: left a hold open",
    "client: retried", "client: twice at once", "clock: backALittle", "clock: backAnHour",
    "clock: forwardADay", "clock: forwardAWeek", "clock: leapSecond", "clock: stuck",
    "disk: commit fails", "disk: crash in a commit", "disk: full", "disk: outcome unknown",
    "disk: read fails", "disk: recovery fails", "disk: slow commit", "disk: slow read",
    "disk: slow tables", "disk: unknown, and durable", "disk: unknown, and lost",
    "disk: waits for the tables", "intruder: PERMISSION_DENIED ROLE_REQUIRED", "network: clogged",
    "network: connection refused", "network: connection reset", "network: reply lost",
    "network: request lost", "network: request twice", "passing: CANCELLED ",
    "passing: DEADLINE_EXCEEDED ", "passing: RESOURCE_EXHAUSTED LEDGER_OVERLOADED",
    "passing: RESOURCE_EXHAUSTED STORAGE_FULL", "passing: UNAVAILABLE ",
    "passing: UNAVAILABLE LEDGER_STOPPED", "passing: UNAVAILABLE STORAGE_FAILED",
    "process: cannot start", "process: crash after a commit", "process: crash any time",
    "process: crash before a commit", "process: restart", "refusal: ANSWER_NOT_KEPT",
    "refusal: FAILED_PRECONDITION ACCOUNT_CLOSED", "refusal: FAILED_PRECONDITION ACCOUNT_FROZEN",
    "refusal: FAILED_PRECONDITION HOLD_ENDED", "refusal: FAILED_PRECONDITION INSUFFICIENT_CREDITS",
    "refusal: FAILED_PRECONDITION NO_ACCOUNT", "refusal: FAILED_PRECONDITION OVER_REFUND",
    "refusal: FAILED_PRECONDITION UNKNOWN_MODEL", "refusal: INVALID_ARGUMENT event_time",
    "refusal: INVALID_ARGUMENT expires_at", "refusal: INVALID_ARGUMENT usage.model",
    "refusal: NOT_FOUND HOLD_NOT_FOUND", "watch: told", "webhook: received",
    "webhook: received again", "webhook: trouble",
  ]
}
