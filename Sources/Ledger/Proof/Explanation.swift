/// A decision of the past: what it was asked, what it found, and whether deciding again on the same
/// inputs gives the same entries (I8).
public struct Explanation: Sendable {
  /// The journal entries of the command.
  public let range: ClosedRange<Int64>
  public let time: LedgerTime
  /// Who asked.
  public let principal: String
  public let command: Command
  /// The account before the command, nil when it did not exist or is not known by then.
  public let before: Account?
  /// What was answered.
  public let outcome: Result<Answer, Refusal>
  /// What was written down.
  public let entries: [JournalEntry]
  /// How deciding again differs from what was written down; nil when it does not.
  public let difference: String?
}

/// Why a decision cannot be explained.
public enum ExplainError: Error, Sendable {
  /// The journal has no such entry.
  case noEntry
  /// The entry was brought about by time, not by a command.
  case notADecision
  /// The entry is of a version that did not keep the command itself.
  case inputsNotKept
  case archive(ArchiveError)
}

extension CreditLedger {
  /// Explains the decision that the journal entry `seq` belongs to.
  ///
  /// Replays the journal up to it: costs as much as starting from the journal alone.
  public func explain(_ seq: Int64) async throws(ExplainError) -> Explanation {
    let end = committedSeq
    guard seq >= 1, seq <= end else { throw .noEntry }
    let reader = JournalReader(store: store, calendar: calendar, end: end)
    let result: Result<Explanation, ExplainError>
    do {
      result = try await archive.read { try reader.explain(seq) }
    } catch {
      throw .archive(error)
    }
    return try result.get()
  }
}

extension JournalReader {
  private static let replayRows = 1_024

  func explain(_ seq: Int64) throws -> Result<Explanation, ExplainError> {
    guard let (last, reply) = try end(ofCommandAt: seq) else { return .failure(.notADecision) }
    guard !reply.command.isEmpty, reply.entryCount > 0 else { return .failure(.inputsNotKept) }
    let first = last.seq - Int64(reply.entryCount) + 1
    guard first >= 1, first <= seq else { return .failure(.notADecision) }
    let command = try Command(storedBody: reply.command)
    let prefix = try replay(before: first, for: command)
    let recorded = try rows(first...last.seq)
    var decider = BatchDecider(
      LedgerState(prefix, calendar: calendar), prefetched: prefix, at: last.time)
    let submission = Submission(
      command, principal: last.actor, key: reply.key, storedBody: reply.command)
    _ = try decider.decide(submission)
    let account = try recorded.last?.decoded().account
    return .success(
      Explanation(
        range: first...last.seq, time: last.time, principal: last.actor, command: command,
        before: prefix.accounts.first { $0.id == account },
        outcome: try reply.outcome.decoded(),
        entries: try recorded.map { try $0.decoded() },
        difference: try Self.difference(recorded, decider.entries, after: prefix.head.hash)))
  }

  /// The last entry of the command that the entry `seq` belongs to; it carries the reply.
  private func end(ofCommandAt seq: Int64) throws -> (JournalEntry, StoredReply)? {
    var after = seq - 1
    while after < end {
      let rows = try store.storedEntries(afterSeq: after, limit: 64)
      guard let last = rows.last else { break }
      for row in rows {
        let entry = try row.decoded()
        if let reply = entry.reply { return (entry, reply) }
      }
      after = last.seq
    }
    return nil
  }

  /// The state before the entry `first`, with what the command would have had looked up.
  private func replay(before first: Int64, for command: Command) throws -> LoadedState {
    var replay = LedgerReplay()
    var namedThings = NamedThings(command)
    while replay.head.seq < first - 1 {
      let left = Int(first - 1 - replay.head.seq)
      let rows = try store.storedEntries(
        afterSeq: replay.head.seq, limit: min(Self.replayRows, left))
      guard !rows.isEmpty else { throw StoreError.corrupted("the journal ends early") }
      for row in rows {
        let (_, touched) = try replay.apply(
          seq: row.seq, time: row.time, account: row.account, payload: row.payload,
          hash: row.hash)
        namedThings.note(touched)
      }
    }
    var loaded = replay.loaded
    loaded.holds = namedThings.holds
    loaded.allocations = namedThings.allocations
    loaded.usage = namedThings.usage
    return loaded
  }

  private func rows(_ range: ClosedRange<Int64>) throws -> [StoredEntry] {
    try store.storedEntries(afterSeq: range.lowerBound - 1, limit: range.count)
  }

  /// What was recorded may be of an older version than what is decided now: what it says counts.
  static func difference(
    _ recorded: [StoredEntry], _ decided: [SealedEntry], after previous: Digest
  ) throws -> String? {
    guard recorded.count == decided.count else {
      return "\(recorded.count) entries are recorded, \(decided.count) were decided"
    }
    var hash = previous
    for (one, other) in zip(recorded, decided.map(\.entry)) {
      hash = SealedEntry.hash(
        seq: one.seq, time: one.time, account: one.account, payload: one.payload, after: hash)
      let isSame =
        hash == one.hash && one.seq == other.seq && one.time == other.time
        && one.account == other.account
      guard isSame, try one.decoded().contents() == other.contents() else {
        return "entry \(one.seq) is recorded otherwise than it was decided again"
      }
    }
    return nil
  }
}

extension Command {
  /// The hold that the command names, which may have ended.
  var namedHold: HoldID? {
    switch self {
    case .settleHold(let command): command.hold
    case .extendHold(let command): command.hold
    case .releaseHold(let command): command.hold
    case .forceRelease(let command): command.hold
    default: nil
    }
  }
}

/// What a command names and what may have left the live state, as it was last written down.
private struct NamedThings {
  private let hold: HoldID?
  private let usageID: UsageID?
  private let needsAllocations: Bool
  private(set) var holds: [HoldID: Hold] = [:]
  private(set) var allocations: [AllocationID: Allocation] = [:]
  private(set) var usage: [UsageID: UsageRecord] = [:]

  init(_ command: Command) {
    hold = command.namedHold
    usageID = command.namedUsage
    // A refund also needs those that paid, which are known by the charge only.
    needsAllocations = usageID != nil || command.namedAllocation != nil
  }

  mutating func note(_ rows: [LedgerRow]) {
    for row in rows {
      switch row {
      case .hold(let found) where found.id == hold:
        holds[found.id] = found.state == .open ? nil : found
      case .lateSettled(let id) where id == hold:
        holds[id] = holds[id]?.settledLate
      case .usage(let record) where record.id == usageID:
        usage[record.id] = record
      case .refunded(let id, let total) where id == usageID:
        usage[id]?.refundedMicros = total
      case .allocation(let allocation) where needsAllocations:
        allocations[allocation.id] = allocation
      default:
        break
      }
    }
  }
}
