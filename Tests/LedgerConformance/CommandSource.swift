import Ledger

/// Random commands about what a judge has read of a journal: mostly about what exists.
public struct CommandSource {
  /// The accounts that commands are about.
  public static let accounts = Trial.owners.map { AccountID($0) }

  private var generator: StepGenerator

  /// - Parameter isRich: whether amounts and rates come near their limits.
  public init(seed: UInt64, isRich: Bool = false) {
    // The last digit of a generator's seed chooses what its lists are about.
    generator = StepGenerator(seed: seed &* 10 &+ (isRich ? 8 : 0), restartPercent: 0)
  }

  /// A lawful command, with the ledger's own ids.
  public mutating func command(_ judge: JournalJudge, now: LedgerTime) -> Command {
    judge.names.resolve(generator.command(judge.model, now))
  }

  /// A charge of a batch.
  public mutating func charge(now: LedgerTime) -> DeductCredits { generator.charge(now) }

  /// What a credit question is about.
  public mutating func question() -> (account: AccountID, charge: Charge, session: String) {
    (generator.account(), generator.amount(), generator.session())
  }

  /// A command of the same kind that says something else; nil where there is none.
  public static func otherBody(_ command: Command) -> Command? { command.withOtherBody }
}
