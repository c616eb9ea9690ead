/// The committed state of one account, immutable and shared between threads.
public final class AccountSnapshot: Sendable {
  /// The account as it stood after its last committed entry.
  public let account: Account
  private let calendar: any LedgerCalendar

  /// Publishes a state.
  init(account: Account, calendar: any LedgerCalendar) {
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

  /// A hold of this account as it stands at `time`, given as it was last written down.
  func hold(_ stored: Hold, at time: LedgerTime) -> Hold {
    guard stored.state == .open, account.nextDue <= time else { return stored }
    var draft = Draft(
      account: account, time: time, firstSeq: account.seq + 1, calendar: calendar)
    draft.settleDue()
    for case .hold(let hold) in draft.rows where hold.id == stored.id { return hold }
    return stored
  }
}
