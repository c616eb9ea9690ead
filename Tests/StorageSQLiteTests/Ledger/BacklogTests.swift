import Ledger
import Testing

@testable import StorageSQLite

@Suite("What is on its way to the tables")
struct BacklogTests {
  private let key = Digest(hashing: [1])
  private let other = Digest(hashing: [2])

  private func batch(_ rows: LedgerRow...) -> CommitBatch {
    CommitBatch(previous: .empty, head: .empty, entries: [], rows: rows)
  }

  private func hold(_ seq: Int64, _ state: HoldState) -> Hold {
    Hold(
      terms: HoldTerms(
        id: HoldID(seq: seq), account: "a", price: nil, sessionID: "",
        openedAt: LedgerTime(microseconds: seq)),
      state: state, grantedMicros: 5,
      pins: [Pin(allocation: AllocationID(seq: 1), amountMicros: 5)],
      expiresAt: LedgerTime(microseconds: 90), reportedMicros: 0, reportedUsage: nil,
      endedAt: state == .open ? nil : LedgerTime(microseconds: 95), isLateSettled: false)
  }

  /// How many rows are taken to be written; nil when none wait.
  private func take(_ backlog: inout Backlog) -> Int? { backlog.take()?.rowCount }

  @Test("keys are found while they wait and while they are written, and not afterwards")
  func keys() {
    var backlog = Backlog(writtenSeq: 0)
    backlog.note(batch(.key(key, seq: 3)))
    #expect(backlog.entries(of: [key, other]) == [key: 3])
    _ = backlog.take()
    backlog.note(batch(.key(other, seq: 4)))
    #expect(backlog.entries(of: [key, other]) == [key: 3, other: 4])
    _ = backlog.forget(through: 3, secondsPerRow: 0)
    #expect(backlog.entries(of: [key, other]) == [other: 4])
    #expect(backlog.writtenSeq == 3 && backlog.rowCount == 1)
  }

  @Test("what could not be written is taken again, and nothing else before")
  func again() {
    var backlog = Backlog(writtenSeq: 0)
    var taken = [take(&backlog)]
    backlog.note(batch(.key(key, seq: 3), .lateSettled(HoldID(seq: 1))))
    taken.append(take(&backlog))
    backlog.note(batch(.key(other, seq: 4)))
    taken.append(take(&backlog))
    _ = backlog.forget(through: 3, secondsPerRow: 0)
    taken.append(take(&backlog))
    _ = backlog.forget(through: 4, secondsPerRow: 0)
    taken.append(take(&backlog))
    #expect(taken == [nil, 2, 2, 1, nil])
  }

  @Test("of a hold the last row counts, wherever it waits, and what is added is seen at once")
  func holds() {
    var backlog = Backlog(writtenSeq: 0)
    let id = HoldID(seq: 7)
    backlog.note(batch(.hold(hold(7, .open))))
    let opened = backlog.pending(id)
    backlog.note(batch(.hold(hold(7, .expired))))
    let ended = backlog.pending(id)
    _ = backlog.take()
    backlog.note(batch(.lateSettled(id)))
    let settled = backlog.pending(id)
    _ = backlog.forget(through: 9, secondsPerRow: 0)
    let left = backlog.pending(id)
    #expect(opened.hold?.state == .open && ended.hold?.state == .expired)
    #expect(settled.hold?.state == .expired && settled.isLateSettled && !ended.isLateSettled)
    #expect(left.hold == nil && left.isLateSettled)
  }

  @Test("of the instants to sweep an account at, the last counts")
  func due() {
    var backlog = Backlog(writtenSeq: 0)
    backlog.note(batch(.due("a", LedgerTime(microseconds: 5)), .due("b", .distantFuture)))
    _ = backlog.take()
    backlog.note(batch(.due("a", LedgerTime(microseconds: 9))))
    let due = backlog.pendingDue()
    #expect(due == ["a": LedgerTime(microseconds: 9), "b": .distantFuture])
  }

  @Test("a chunk keeps of each object the last row, in the order of the tables")
  func chunk() {
    func account(_ id: AccountID, _ seq: Int64) -> LedgerRow { .account(Self.row(id, seq)) }
    let chunk = StateChunk(
      head: .empty,
      [
        [account("b", 1), .key(key, seq: 1), .hold(hold(7, .open)), .hold(hold(3, .open))],
        [],
        [account("a", 2), .hold(hold(7, .settled)), .key(other, seq: 2)],
        [account("b", 3), .refunded(UsageID(seq: 1), totalMicros: 4)],
        [.refunded(UsageID(seq: 1), totalMicros: 6)],
      ])
    #expect(chunk.accounts.map(\.id) == ["a", "b"])
    var seqs: [Int64] = []
    for case .account(let row) in chunk.accounts.map({ chunk[$0.place] }) { seqs.append(row.seq) }
    #expect(seqs == [2, 3])
    var states: [HoldState] = []
    for case .hold(let hold) in chunk.holds.map({ chunk[$0.place] }) { states.append(hold.state) }
    #expect(chunk.holds.map(\.seq) == [3, 7] && states == [.open, .settled])
    #expect(chunk.keys.map(\.seq) == [1, 2] && chunk.refunds == [UsageID(seq: 1): 6])
  }

  private static func row(_ id: AccountID, _ seq: Int64) -> AccountRow {
    Account(
      id: id, state: .active, overdraftLimitMicros: 0, debtMicros: 0, seq: seq, allocations: [],
      holds: []
    ).row
  }
}
