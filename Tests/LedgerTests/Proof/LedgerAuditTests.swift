import LedgerConformance
import Testing

@testable import Ledger

/// Journals that were written by somebody who knows how to continue the hash chain.
@Suite("The audit of a journal")
struct LedgerAuditTests {
  private static let time = LedgerTime(microseconds: 1_000_000)

  /// Seals changes into rows of one account, one second apart.
  private static func rows(_ changes: [Change], account: AccountID? = "u") -> [StoredEntry] {
    var hash = Digest.zero
    var rows: [StoredEntry] = []
    for (offset, change) in changes.enumerated() {
      let entry = JournalEntry(
        seq: Int64(offset) + 1, time: time.adding(.seconds(offset)), account: account, actor: "a",
        change: change, reply: nil)
      let sealed = SealedEntry(entry, after: hash)
      hash = sealed.hash
      rows.append(sealed.stored)
    }
    return rows
  }

  private static func firstBreak(_ rows: [StoredEntry]) -> LedgerBreak? {
    var audit = LedgerAudit()
    do throws(LedgerBreak) {
      for row in rows { try audit.examine(row) }
      try audit.finish()
      return nil
    } catch {
      return error
    }
  }

  private static func terms(
    _ seq: Int64, _ amount: Int64, from: LedgerTime = time, until: LedgerTime? = nil
  ) -> AllocationTerms {
    AllocationTerms(
      id: AllocationID(seq: seq), account: "u", amountMicros: amount, allocationClass: .paid,
      priority: 100, effectiveAt: from, expiresAt: until, models: [], allocatedBy: "a",
      allocatedAt: time, notes: "")
  }

  private static func pin(_ allocation: Int64, _ amount: Int64) -> Pin {
    Pin(allocation: AllocationID(seq: allocation), amountMicros: amount)
  }

  private static func hold(_ seq: Int64, _ pins: [Pin]) -> Hold {
    Hold(
      terms: HoldTerms(
        id: HoldID(seq: seq), account: "u", price: nil, sessionID: "", openedAt: time),
      state: .open, grantedMicros: pins.totalMicros, pins: pins,
      expiresAt: time.adding(.seconds(60)), reportedMicros: 0, reportedUsage: nil, endedAt: nil,
      isLateSettled: false)
  }

  private static func usage(
    _ seq: Int64, _ pins: [Pin], debt: Int64 = 0, uncollected: Int64 = 0, hold: Int64? = nil,
    tokens: TokenUsage? = nil, price: Int64? = nil
  ) -> UsageRecord {
    UsageRecord(
      id: UsageID(seq: seq), account: "u", usage: tokens, priceVersion: price, debtMicros: debt,
      uncollectedMicros: uncollected, pins: pins, chargedAt: time, eventTime: time, isLate: false,
      outcome: .complete, hold: hold.map(HoldID.init(seq:)), sessionID: "")
  }

  private static func end(
    _ hold: Int64, _ state: HoldState = .settled, spent: [Pin] = [], returned: [Pin] = [],
    expired: [Pin] = [], usage: UsageRecord? = nil
  ) -> Change {
    .holdEnded(
      HoldEnd(
        hold: HoldID(seq: hold), state: state, endedAt: time.adding(.seconds(3)), spent: spent,
        returned: returned, expired: expired, usage: usage, reason: ""))
  }

  private static let price = PriceVersion(
    version: 2, model: "m", effectiveFrom: time,
    rates: PriceRates(outputMicrosPerMillion: 1_000_000))

  /// What a forger wrote after a grant of 100, and what is found where.
  private static let forgeries: [(String, [Change], LedgerBreak.Rule, seq: Int64)] = [
    ("a grant from nowhere", [.debtRepaid(pins: [pin(7, 1)])], .grantParts, 2),
    (
      "more spent than there is", [.charged(Charged(usage: usage(2, [pin(1, 101)])))],
      .grantParts, 2
    ),
    (
      "more held than there is",
      [.holdOpened(hold(2, [pin(1, 60)])), .holdOpened(hold(3, [pin(1, 41)]))],
      .grantParts, 3
    ),
    ("a repayment without debt", [.debtRepaid(pins: [pin(1, 1)])], .debtBounds, 2),
    (
      "debt above the limit", [.charged(Charged(usage: usage(2, [], debt: 1)))], .debtBounds, 2
    ),
    ("the end of no hold", [end(9, .released)], .holdEndsOnce, 2),
    (
      "a hold that ends twice",
      [
        .holdOpened(hold(2, [pin(1, 5)])), end(2, .released, returned: [pin(1, 5)]),
        end(2, .released, returned: [pin(1, 5)]),
      ], .holdEndsOnce, 4
    ),
    (
      "a hold that gives back less", [
        .holdOpened(hold(2, [pin(1, 5)])), end(2, .released, returned: [pin(1, 4)]),
      ], .heldEqualsPins, 3
    ),
    (
      "a hold that gives back to an expired grant", [
        .holdOpened(hold(2, [pin(1, 5)])), end(2, .released, expired: [pin(1, 5)]),
      ], .grantLife, 3
    ),
    (
      "a settle above the grant without an over-entry", [
        .holdOpened(hold(2, [pin(1, 5)])),
        end(2, spent: [pin(1, 5)], usage: usage(3, [pin(1, 6)], hold: 2)),
        .accountStateSet(.active, overdraftLimitMicros: 0),
      ], .chargeWithinGrant, 4
    ),
    (
      "an over-entry without a settle", [
        .overCharged(
          OverCharge(
            usage: UsageID(seq: 1), pins: [pin(1, 1)], debtMicros: 0, uncollectedMicros: 0))
      ], .chargeWithinGrant, 2
    ),
    (
      "a charge below what the hold's pins paid", [
        .holdOpened(hold(2, [pin(1, 5)])),
        end(2, spent: [pin(1, 5)], usage: usage(3, [pin(1, 4)], hold: 2)),
      ], .chargeWithinGrant, 3
    ),
    (
      "a refund above its charge", [
        .charged(Charged(usage: usage(2, [pin(1, 5)]))),
        .refunded(
          Refund(
            usage: UsageID(seq: 2), amountMicros: 6, totalMicros: 6, debtMicros: 0,
            returned: [pin(1, 6)], expired: [], voided: [], reissuedMicros: 0, allocations: [],
            reason: "")),
      ], .refundWithinCharge, 3
    ),
    (
      "a hold above its budget", [
        .budgetSet(
          BudgetTerms(
            id: BudgetID(seq: 2), account: "u", model: nil, sessionID: nil, limitMicros: 4,
            window: .none, mode: .enforce)),
        .holdOpened(hold(3, [pin(1, 5)])),
      ], .budgetBounds, 3
    ),
    (
      "more taken back than there is", [
        .allocationVoided(AllocationID(seq: 1), amountMicros: 101, reason: "")
      ], .grantParts, 2
    ),
    (
      "a report that fell", [
        .holdOpened(hold(2, [pin(1, 5)])),
        .holdExtended(
          HoldExtension(
            hold: HoldID(seq: 2), pins: [], expiresAt: time, reportedMicros: 0,
            reportedUsage: nil)),
      ], .form, 3
    ),
    (
      "a charge that is not the price of its tokens", [
        .pricePut(price),
        .charged(
          Charged(
            usage: usage(
              3, [pin(1, 9)], tokens: TokenUsage(model: "m", outputTokens: 10), price: 2))),
      ], .price, 3
    ),
    (
      "a charge at an unknown price", [
        .charged(
          Charged(
            usage: usage(
              2, [pin(1, 10)], tokens: TokenUsage(model: "m", outputTokens: 10), price: 2)))
      ], .price, 2
    ),
    (
      "credit that expired before its time", [
        .allocationExpired(AllocationID(seq: 1), amountMicros: 100)
      ], .grantLife, 2
    ),
    (
      "half of a grant that expired", [
        .allocationExpired(AllocationID(seq: 1), amountMicros: 50)
      ], .grantParts, 2
    ),
    (
      "a late settle of a hold that did not expire", [
        .holdOpened(hold(2, [pin(1, 5)])), end(2, .released, returned: [pin(1, 5)]),
        .charged(Charged(usage: usage(4, [pin(1, 1)], hold: 2))),
      ], .holdEndsOnce, 4
    ),
    (
      "a threshold that is told of without a fall", [
        .alertsSet([.init(micros: 50, isArmed: true)], leads: [], at: time.adding(.seconds(1))),
        .balanceFell(BalanceFall(thresholdMicros: 50, availableMicros: 100, fellAt: time)),
      ], .alerts, 3
    ),
    (
      "a fall that is told of twice", [
        .alertsSet([.init(micros: 50, isArmed: true)], leads: [], at: time.adding(.seconds(1))),
        .charged(Charged(usage: usage(3, [pin(1, 60)]))),
        .balanceFell(BalanceFall(thresholdMicros: 50, availableMicros: 40, fellAt: time)),
        .balanceFell(BalanceFall(thresholdMicros: 50, availableMicros: 40, fellAt: time)),
      ], .alerts, 5
    ),
    (
      "a threshold armed without a rise", [
        .alertsSet([.init(micros: 200, isArmed: false)], leads: [], at: time.adding(.seconds(1))),
        .balanceRose(BalanceRise(thresholdsMicros: [200], availableMicros: 100, roseAt: time)),
      ], .alerts, 3
    ),
    (
      "a notice of what does not expire", [
        .alertsSet([], leads: [.seconds(60)], at: time.adding(.seconds(1))),
        .expiryNoticed(
          ExpiryNotice(
            allocation: AllocationID(seq: 1), lead: .seconds(60), expiresAt: time, leftMicros: 100,
            noticedAt: time)),
      ], .alerts, 3
    ),
    ("an allocation under another's id", [.allocated(terms(1, 5))], .form, 2),
  ]

  @Test("what no ledger would have written is named, although the hash chain is right")
  func forged() {
    for (name, changes, rule, seq) in Self.forgeries {
      let found = Self.firstBreak(Self.rows([.allocated(Self.terms(1, 100))] + changes))
      #expect(found?.rule == rule && found?.seq == seq, "\(name): \(String(describing: found))")
    }
  }

  @Test("a fall that a command did not tell of is named")
  func untold() {
    let changes: [Change] = [
      .allocated(Self.terms(1, 100)),
      .alertsSet(
        [.init(micros: 50, isArmed: true)], leads: [], at: Self.time.adding(.seconds(1))),
    ]
    let rows = Self.rows(changes)
    let change = Change.charged(Charged(usage: Self.usage(3, [Self.pin(1, 60)])))
    let charge = JournalEntry(
      seq: 3, time: Self.time.adding(.seconds(2)), account: "u", actor: "a", change: change,
      reply: StoredReply(
        key: Digest(hashing: [1]), body: Digest(hashing: [2]), outcome: .stored([], of: change),
        seq: 3))
    let sealed = SealedEntry(charge, after: rows[1].hash)
    let found = Self.firstBreak(rows + [sealed.stored])
    #expect(found?.rule == .alerts && found?.seq == 3)
  }

  @Test("credit is taken only within its life")
  func life() {
    let early = Self.terms(1, 100, from: Self.time.adding(.seconds(5)))
    let late = Self.terms(1, 100, until: Self.time.adding(.seconds(1)))
    for terms in [early, late] {
      for change in [
        Change.charged(Charged(usage: Self.usage(2, [Self.pin(1, 1)]))),
        .holdOpened(Self.hold(2, [Self.pin(1, 1)])),
      ] {
        let found = Self.firstBreak(Self.rows([.allocated(terms), change]))
        #expect(found?.rule == .grantLife && found?.seq == 2)
      }
    }
  }

  @Test("one key for two commands is named")
  func keys() {
    var hash = Digest.zero
    var rows: [StoredEntry] = []
    for seq in 1...2 as ClosedRange<Int64> {
      let reply = StoredReply(
        key: Digest(hashing: [7]), body: Digest(hashing: [8]),
        outcome: .stored([], of: .refused(.openHold)), seq: seq)
      let sealed = SealedEntry(
        JournalEntry(
          seq: seq, time: Self.time, account: nil, actor: "a", change: .refused(.openHold),
          reply: reply), after: hash)
      hash = sealed.hash
      rows.append(sealed.stored)
    }
    let found = Self.firstBreak(rows)
    #expect(found?.rule == .keyOnce && found?.seq == 2)
  }

  @Test("a gap, another order, another time and another column are named with their entry")
  func damaged() {
    let changes: [Change] = [.allocated(Self.terms(1, 100))]
      + (2...5).map { .charged(Charged(usage: Self.usage($0, [Self.pin(1, 1)]))) }
    let rows = Self.rows(changes)
    #expect(Self.firstBreak(rows) == nil)
    func edit(
      _ row: StoredEntry, time: LedgerTime? = nil, account: AccountID? = "u", kind: Int64? = nil,
      payload: [UInt8]? = nil
    ) -> StoredEntry {
      StoredEntry(
        seq: row.seq, time: time ?? row.time, account: account, kind: kind ?? row.kind,
        payload: payload ?? row.payload, hash: row.hash)
    }
    var flipped = rows[2].payload
    flipped[4] ^= 1
    let table: [(String, [StoredEntry], LedgerBreak.Rule, Int64)] = [
      ("a gap", Array(rows[0...1] + rows[3...]), .sequence, 3),
      ("a missing first", Array(rows[1...]), .sequence, 1),
      ("a repetition", Array(rows[0...2] + rows[2...]), .sequence, 4),
      ("another order", [rows[0], rows[2], rows[1]], .sequence, 2),
      ("a flipped bit", Array(rows[0...1]) + [edit(rows[2], payload: flipped)], .hashChain, 3),
      ("another time", Array(rows[0...1]) + [edit(rows[2], time: .distantPast)], .hashChain, 3),
      ("another account", Array(rows[0...1]) + [edit(rows[2], account: "v")], .hashChain, 3),
      ("another kind", Array(rows[0...1]) + [edit(rows[2], kind: 4)], .form, 3),
    ]
    for (name, rows, rule, seq) in table {
      let found = Self.firstBreak(rows)
      #expect(found?.rule == rule && found?.seq == seq, "\(name): \(String(describing: found))")
    }
  }

  @Test("no byte of a payload, sealed again, stops the audit")
  func resealed() {
    let changes: [Change] = [
      .allocated(Self.terms(1, 100)), .holdOpened(Self.hold(2, [Self.pin(1, 5)])),
      Self.end(
        2, spent: [Self.pin(1, 5)], usage: Self.usage(3, [Self.pin(1, 5)], hold: 2)),
    ]
    let rows = Self.rows(changes)
    var audited = 0
    for place in rows.indices {
      for byte in rows[place].payload.indices {
        for bit in 0..<8 {
          var payload = rows[place].payload
          payload[byte] ^= 1 << bit
          var forged = rows
          var hash = place == 0 ? Digest.zero : rows[place - 1].hash
          for index in place..<rows.count {
            let row = rows[index]
            let bytes = index == place ? payload : row.payload
            hash = SealedEntry.hash(
              seq: row.seq, time: row.time, account: row.account, payload: bytes, after: hash)
            forged[index] = StoredEntry(
              seq: row.seq, time: row.time, account: row.account, kind: row.kind, payload: bytes,
              hash: hash)
          }
          _ = Self.firstBreak(forged)
          audited += 1
        }
      }
    }
    #expect(audited > 500)
  }

  @Test("a live account that is not what the journal says is named")
  func live() {
    var audit = LedgerAudit()
    var account = Account(id: "u")
    var touched: [LedgerRow] = []
    for (offset, row) in Self.rows([
      .allocated(Self.terms(1, 100)), .holdOpened(Self.hold(2, [Self.pin(1, 5)])),
    ]).enumerated() {
      try? audit.examine(row)
      guard let change = try? row.decoded().change else { continue }
      account.apply(change, seq: Int64(offset) + 1, &touched)
    }
    #expect(audit.difference(of: account) == nil)
    var indebted = account
    indebted.debtMicros = 1
    #expect(audit.difference(of: indebted)?.what == "account u debt_micros")
    var richer = account
    richer.allocations[0].availableMicros += 1
    #expect(audit.difference(of: richer)?.what == "allocation a1")
    var holder = account
    holder.holds = OpenHolds()
    #expect(audit.difference(of: holder)?.what == "hold h2")
  }
}
