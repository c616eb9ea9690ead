import Ledger

/// A breach of what must always hold.
public struct Breach: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// Reads a journal entry by entry and checks the invariants from the double entry alone.
///
/// What an entry touched is checked with that entry; ``checkAll()`` looks at everything once more.
public struct JournalAuditor {
  fileprivate struct Grant {
    var terms: AllocationTerms
    var free: Int64 = 0
    var held: Int64 = 0
    /// By the pins of open holds.
    var pinned: Int64 = 0
  }

  private struct Book {
    var debt: Int64 = 0
    var limit: Int64 = 0
    var grants: [AllocationID] = []
  }

  private struct Charge {
    let account: AccountID
    var charged: Int64
    var refunded: Int64 = 0
  }

  public private(set) var lastSeq: Int64 = 0
  private var lastTime = LedgerTime.distantPast
  private var grants: [AllocationID: Grant] = [:]
  private var books: [AccountID: Book] = [:]
  private var charges: [UsageID: Charge] = [:]
  private var openHolds: [HoldID: (account: AccountID, pins: [Pin])] = [:]
  private var endedHolds: Set<HoldID> = []
  private var keys: Set<Digest> = []
  /// What was told of each account, in order.
  private(set) var alerts: [AccountID: [LedgerEvent]] = [:]
  /// Everything that is not in an allocation.
  private var elsewhere: Int64 = 0
  /// A settle above its grant, whose over-charge must follow.
  private var pendingOver: (usage: UsageID, above: Int64)?
  private var touched: Set<AllocationID> = []

  public init() {}

  /// Checks the entries that a store added since the last call, and returns them.
  @discardableResult
  public mutating func catchUp(with store: any LedgerStore) throws -> [JournalEntry] {
    var all: [JournalEntry] = []
    while true {
      let entries = try store.entries(afterSeq: lastSeq, limit: 1_000)
      for entry in entries { try audit(entry) }
      all += entries
      if entries.count < 1_000 { break }
    }
    guard pendingOver == nil else { throw Breach("I5: charged above the grant, without an entry") }
    return all
  }

  /// Free and live, held, and owed by an account, by the legs alone.
  public func balance(of account: AccountID, at time: LedgerTime) -> [Int64] {
    guard let book = books[account] else { return [0, 0, 0] }
    var sums: [Int64] = [0, 0, book.debt]
    for id in book.grants {
      guard let grant = grants[id] else { continue }
      let ends = grant.terms.expiresAt ?? .distantFuture
      if grant.terms.effectiveAt <= time && time < ends { sums[0] += grant.free }
      sums[1] += grant.held
    }
    return sums
  }

  /// The whole once more: I2 for every allocation, and that the books balance.
  public func checkAll() throws {
    var held: [AllocationID: Int64] = [:]
    for hold in openHolds.values {
      for pin in hold.pins { held[pin.allocation, default: 0] += pin.amountMicros }
    }
    var total = elsewhere
    for (id, grant) in grants {
      try check(id, at: lastSeq)
      guard grant.held == held[id] ?? 0 else {
        throw Breach("I2: allocation \(id) holds \(grant.held), not its pins")
      }
      total += grant.free + grant.held
    }
    guard total == 0 else { throw Breach("the books do not balance") }
  }

  // MARK: One entry

  private mutating func audit(_ entry: JournalEntry) throws {
    guard entry.seq == lastSeq + 1 else { throw Breach("entry \(entry.seq) after \(lastSeq)") }
    guard entry.time >= lastTime else { throw Breach("time fell at entry \(entry.seq)") }
    lastSeq = entry.seq
    lastTime = entry.time
    if let reply = entry.reply, !keys.insert(reply.key).inserted {
      throw Breach("I6: a key took effect twice, entry \(entry.seq)")
    }
    if let event = LedgerEvent(entry), [.balanceLow, .creditExpiring].contains(event.kind) {
      alerts[event.account, default: []].append(event)
    }
    touched.removeAll(keepingCapacity: true)
    try post(entry)
    try follow(entry)
    for id in touched { try check(id, at: entry.seq) }
  }

  private mutating func follow(_ entry: JournalEntry) throws {
    if pendingOver != nil, entry.change.kind != .overCharged {
      throw Breach("I5: charged above the grant, without an entry, before \(entry.seq)")
    }
    switch entry.change {
    case .holdOpened(let hold):
      openHolds[hold.id] = (hold.terms.account, [])
      try pin(hold.pins, hold.id, entry)
    case .holdExtended(let slice):
      try pin(slice.pins, slice.hold, entry)
    case .holdEnded(let end):
      try self.end(end, entry)
    case .charged(let charged):
      try requireLive(charged.usage.pins, entry)
      try note(charged.usage, entry)
    case .overCharged(let over):
      try requireLive(over.pins, entry)
      let above = over.pins.totalMicros + over.debtMicros + over.uncollectedMicros
      guard pendingOver?.usage == over.usage, pendingOver?.above == above else {
        throw Breach("I5: entry \(entry.seq) charges above a grant without need")
      }
      pendingOver = nil
    case .debtRepaid(let pins):
      try requireOwn(pins, entry)
    case .refunded(let refund):
      charges[refund.usage]?.refunded += refund.amountMicros
      guard let charge = charges[refund.usage], charge.refunded <= charge.charged,
        charge.refunded == refund.totalMicros, charge.account == entry.account
      else { throw Breach("I11: entry \(entry.seq) refunds more than was charged") }
      try requireOwn(refund.returned + refund.expired + refund.voided, entry)
    case .accountStateSet(_, let limit):
      if let account = entry.account { books[account, default: Book()].limit = limit }
    default:
      break
    }
  }

  private mutating func pin(_ pins: [Pin], _ hold: HoldID, _ entry: JournalEntry) throws {
    try requireLive(pins, entry)
    guard openHolds[hold] != nil else {
      throw Breach("I4: hold \(hold) was extended without being open")
    }
    openHolds[hold]?.pins += pins
    for pin in pins { grants[pin.allocation]?.pinned += pin.amountMicros }
  }

  private mutating func end(_ end: HoldEnd, _ entry: JournalEntry) throws {
    guard let hold = openHolds.removeValue(forKey: end.hold),
      endedHolds.insert(end.hold).inserted
    else { throw Breach("I4: hold \(end.hold) ended without being open") }
    for pin in hold.pins { grants[pin.allocation]?.pinned -= pin.amountMicros }
    let granted = hold.pins.totalMicros
    let parts = end.spent.totalMicros + end.returned.totalMicros + end.expired.totalMicros
    guard parts == granted else {
      throw Breach("I2: hold \(end.hold) ends with \(parts), not with its \(granted)")
    }
    try requireOwn(end.spent + end.returned + end.expired, entry)
    // What goes back must not have died: the end may be written down later than it was.
    for pin in end.returned where grants[pin.allocation]?.isOver(at: end.endedAt) != false {
      throw Breach("I7: entry \(entry.seq) gives back to a grant that is over")
    }
    for pin in end.expired where grants[pin.allocation]?.isOver(at: end.endedAt) != true {
      throw Breach("I7: entry \(entry.seq) lets a grant expire that is not over")
    }
    guard let usage = end.usage else { return }
    try note(usage, entry)
    let above = usage.costMicros - end.spent.totalMicros
    guard above >= 0, end.spent.totalMicros <= granted else {
      throw Breach("I5: entry \(entry.seq) spends more than the cost or the grant")
    }
    if above > 0 { pendingOver = (usage.id, above) }
  }

  private mutating func note(_ usage: UsageRecord, _ entry: JournalEntry) throws {
    charges[usage.id] = Charge(account: usage.account, charged: usage.chargedMicros)
    if let tokens = usage.usage, !tokens.isZero, !usage.isLate, usage.costMicros < 1 {
      throw Breach("I10: entry \(entry.seq) charges nothing for a priced call")
    }
  }

  // MARK: Legs

  private mutating func post(_ entry: JournalEntry) throws {
    switch entry.change {
    case .allocated(let terms):
      grants[terms.id] = Grant(terms: terms)
      books[terms.account, default: Book()].grants.append(terms.id)
    case .allocationAdjusted(let terms, _): grants[terms.id]?.terms = terms
    default: break
    }
    var sum: Int64 = 0
    for leg in entry.change.legs {
      sum += leg.micros
      switch leg.place {
      case .available(let id):
        grants[id]?.free += leg.micros
        touched.insert(id)
      case .held(let id):
        grants[id]?.held += leg.micros
        touched.insert(id)
      case .debt:
        try owe(-leg.micros, entry)
        elsewhere += leg.micros
      default:
        elsewhere += leg.micros
      }
    }
    guard sum == 0 else {
      throw Breach("I16: the legs of entry \(entry.seq) do not sum to zero")
    }
  }

  private mutating func owe(_ micros: Int64, _ entry: JournalEntry) throws {
    guard micros != 0, let account = entry.account else { return }
    books[account, default: Book()].debt += micros
    let book = books[account] ?? Book()
    guard book.debt >= 0, micros < 0 || book.debt <= book.limit else {
      throw Breach("I3: \(account) owes \(book.debt) of \(book.limit), entry \(entry.seq)")
    }
  }

  private func check(_ id: AllocationID, at seq: Int64) throws {
    guard let grant = grants[id] else { throw Breach("entry \(seq) names an unknown grant") }
    guard grant.free >= 0, grant.held >= 0,
      grant.free + grant.held <= grant.terms.amountMicros
    else {
      throw Breach("I1: allocation \(id) has \(grant.free) free, \(grant.held) held, entry \(seq)")
    }
    guard grant.held == grant.pinned else {
      throw Breach("I2: allocation \(id) holds \(grant.held), pinned \(grant.pinned), entry \(seq)")
    }
  }

  /// I7: nothing is newly taken from a grant outside its life.
  private func requireLive(_ pins: [Pin], _ entry: JournalEntry) throws {
    try requireOwn(pins, entry)
    for pin in pins {
      guard let grant = grants[pin.allocation], grant.terms.effectiveAt <= entry.time,
        !grant.isOver(at: entry.time)
      else { throw Breach("I7: entry \(entry.seq) takes from a grant that is not live") }
    }
  }

  /// I14: nobody pays from another account's grants.
  private func requireOwn(_ pins: [Pin], _ entry: JournalEntry) throws {
    for pin in pins where grants[pin.allocation]?.terms.account != entry.account {
      throw Breach("I14: entry \(entry.seq) touches another account's grant")
    }
  }
}

extension JournalAuditor.Grant {
  fileprivate func isOver(at time: LedgerTime) -> Bool {
    terms.expiresAt.map { $0 <= time } ?? false
  }
}
