import Ledger

/// What a ledger said to a command.
struct Told: Sendable {
  let outcome: Result<Answer, Refusal>
  /// The command's last entry; nil for a refusal.
  let seq: Int64?
  let isReplayed: Bool

  init(_ result: Result<Receipt<Answer>, Refusal>) {
    outcome = result.map(\.value)
    let receipt = try? result.get()
    seq = receipt?.asOfSeq
    isReplayed = receipt?.isReplayed ?? false
  }

  /// An item of a batch.
  init(_ result: Result<Receipt<DeductAnswer>, Refusal>) {
    outcome = result.map { Answer.deducted($0.value) }
    let receipt = try? result.get()
    seq = receipt?.asOfSeq
    isReplayed = receipt?.isReplayed ?? false
  }

  /// What the journal says was answered.
  init(_ outcome: Result<Answer, Refusal>) {
    self.outcome = outcome
    seq = nil
    isReplayed = false
  }

  func isRefused(as kind: RefusalKind) -> Bool {
    if case .failure(let refusal) = outcome { RefusalKind(refusal) == kind } else { false }
  }
}
