import Synchronization

/// The committed state of one account, immutable and shared between threads.
public final class AccountSnapshot: Sendable {
  /// The account as it stood after its last committed entry.
  public let account: Account
  private let calendar: any LedgerCalendar
  /// Whether somebody asked since the account was last to leave memory.
  private let wasRead = Atomic(false)

  /// Publishes a state.
  init(account: consuming Account, calendar: any LedgerCalendar) {
    self.account = account
    self.calendar = calendar
  }

  /// The account as it stands at `time`: what came due since the last entry is taken into account,
  /// by the same rule that will write it down.
  public func account(at time: LedgerTime) -> Account {
    guard account.nextDue <= time else { return account }
    var draft = Draft(
      account: account, time: time, firstSeq: account.seq + 1, calendar: calendar)
    draft.settleDue()
    return draft.account
  }

  /// Notes that somebody asked. Writes only when it is news: many threads read one account.
  func noteRead() {
    if !wasRead.load(ordering: .relaxed) { wasRead.store(true, ordering: .relaxed) }
  }

  /// Whether somebody asked; from now on nobody has.
  func forgetRead() -> Bool { wasRead.exchange(false, ordering: .relaxed) }
}
