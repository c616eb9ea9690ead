import Ledger

/// A random list of commands, carried out by a ledger and by the model side by side.
///
/// The same seed makes the same list. See ``Campaign`` for many lists, with what fails made short.
public struct RandomHistory {
  private let commandCount: Int
  private var generator: StepGenerator
  /// The steps so far: on a failure, the last one is the one that failed.
  public private(set) var steps: [Step] = []
  public private(set) var coverage = Coverage()
  /// Changes what the ledger is sent, to see that the comparison notices.
  var tamper: @Sendable (Command) -> Command = { $0 }

  public init(seed: UInt64, commandCount: Int = 100, restartPercent: Int = 0) {
    self.commandCount = commandCount
    generator = StepGenerator(seed: seed, restartPercent: restartPercent)
  }

  /// Runs the list on a ledger over the store that `open` opens, and reopens after a restart.
  public mutating func run(open: @escaping () throws -> any LedgerStore) async throws {
    var trial = try Trial(open: open)
    trial.tamper = tamper
    for _ in 0..<commandCount {
      for step in generator.next(trial.model, now: trial.clock.now()) {
        steps.append(step)
        try await trial.run(step)
      }
    }
    try await trial.finish()
    coverage = trial.model.coverage
  }

  /// Runs a list as it was printed.
  public static func replay(
    _ steps: [Step], open: @escaping () throws -> any LedgerStore
  ) async throws {
    try await replay(steps, tamper: { $0 }, open: open)
  }

  static func replay(
    _ steps: [Step], tamper: @escaping @Sendable (Command) -> Command,
    open: @escaping () throws -> any LedgerStore
  ) async throws {
    var trial = try Trial(open: open)
    trial.tamper = tamper
    for step in steps { try await trial.run(step) }
    try await trial.finish()
  }
}
