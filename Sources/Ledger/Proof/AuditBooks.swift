/// What the accounts must be, by the journal alone. Written apart from ``Account``: a mistake made
/// there is not repeated here.
struct AuditBooks {
  /// A grant's parts, in micro-credits.
  struct Grant {
    var terms: AllocationTerms
    var available: Int64
    var held: Int64 = 0
    var spent: Int64 = 0
    var expired: Int64 = 0
    var voided: Int64 = 0
    var isVoided = false

    var isUsedUp: Bool { available == 0 && held == 0 }
  }

  struct ExpiredHold {
    /// What its end charged for, in micro-credits.
    let reportedMicros: Int64
    var isSettledLate = false
  }

  struct AuditAccount {
    var state: AccountState = .active
    var limit: Int64 = 0
    var debt: Int64 = 0
    var seq: Int64 = 0
    var grants: [AllocationID: Grant] = [:]
    var holds: [HoldID: Hold] = [:]
    /// Holds that expired.
    var expired: [HoldID: ExpiredHold] = [:]
    /// What of each charge was charged, and of that refunded, in micro-credits.
    var charges: [UsageID: (charged: Int64, refunded: Int64)] = [:]
    /// What is told, as it was set, and whether each threshold tells of the next fall.
    var thresholds: [Int64: Bool] = [:]
    var leads: [Duration] = []
    var alertsSetAt = LedgerTime.distantPast
    /// The shortest lead that was told of each allocation of which something is left.
    var told: [AllocationID: Duration] = [:]
    /// Budgets that are not off.
    var budgets: [BudgetID: AuditBudget] = [:]
  }

  var accounts: [AccountID: AuditAccount] = [:]
  private var prices: [Int64: PriceVersion] = [:]
  /// Whether every price was posted, so that charges can be held against it.
  private let knowsPrices: Bool
  /// The settle that the next entry must charge the rest of.
  private var pendingOver: (usage: UsageRecord, covered: Int64)?

  init(knowsPrices: Bool = true) {
    self.knowsPrices = knowsPrices
  }

  /// Carries out one entry, if the state allows it.
  mutating func post(_ entry: JournalEntry) throws(LedgerBreak) {
    if let pending = pendingOver {
      guard case .overCharged(let over) = entry.change, over.usage == pending.usage.id else {
        throw LedgerBreak(
          .chargeWithinGrant, seq: entry.seq, what: "entry after usage \(pending.usage.id)",
          expected: "its over-charge", found: "\(entry.change.kind)")
      }
    }
    switch entry.change {
    case .refused: return
    case .pricePut(let price): return try put(price, entry)
    default: break
    }
    guard let id = entry.account else {
      throw LedgerBreak(
        .form, seq: entry.seq, what: "journal account_id", expected: "an account", found: "none")
    }
    var page = AuditPage(id: id, account: accounts[id] ?? AuditAccount(), entry: entry)
    // Not in the dictionary while it changes, so that nothing is copied.
    accounts[id] = nil
    page.account.seq = entry.seq
    try carryOut(entry.change, on: &page)
    page.forgetUsedUp()
    if entry.reply != nil { try page.requireNothingUntold() }
    accounts[id] = page.account
  }

  /// Examines what can only be judged at the end.
  func finish() throws(LedgerBreak) {
    guard let pending = pendingOver else { return }
    throw LedgerBreak(
      .chargeWithinGrant, seq: pending.usage.seq, what: "entry after usage \(pending.usage.id)",
      expected: "its over-charge", found: "the journal's end")
  }

  private mutating func put(_ price: PriceVersion, _ entry: JournalEntry) throws(LedgerBreak) {
    guard price.version == entry.seq else {
      throw LedgerBreak(
        .form, seq: entry.seq, what: "price version", expected: "\(entry.seq)",
        found: "\(price.version)")
    }
    prices[price.version] = price
  }

  private mutating func carryOut(
    _ change: Change, on page: inout AuditPage
  ) throws(LedgerBreak) {
    switch change {
    case .allocated(let terms):
      try page.grant(terms)
    case .debtRepaid(let pins):
      for pin in pins { try page.move(pin, from: \.available, to: \.spent) }
      page.account.debt -= pins.totalMicros
      try page.requireDebtNotNegative()
    case .charged(let charged):
      try requirePriced(charged.usage, page)
      try page.charge(charged.usage)
    case .overCharged(let over):
      try requireExpected(over, page)
      try page.take(over.pins, debt: over.debtMicros)
      if let usage = pendingOver?.usage, over.pins.totalMicros + over.debtMicros > 0 {
        try page.requireWithinBudgets(
          BudgetScope(model: usage.usage?.model, sessionID: usage.sessionID))
      }
      pendingOver = nil
    case .holdOpened(let hold):
      try page.open(hold)
    case .holdExtended(let slice):
      try page.extend(slice)
    case .holdEnded(let end):
      if let usage = end.usage { try requirePriced(usage, page) }
      pendingOver = try page.end(end)
    case .allocationExpired(let id, let amount):
      try page.expire(id, amount)
    case .allocationAdjusted(let terms, _):
      try page.adjust(terms)
    case .allocationVoided(let id, let amount, _):
      try page.void(id, amount)
    case .refunded(let refund):
      try page.refund(refund)
    case .alertsSet(let thresholds, let leads, let time):
      try page.setAlerts(thresholds, leads, at: time)
    case .balanceFell(let fall):
      try page.fall(fall)
    case .balanceRose(let rise):
      try page.rise(rise)
    case .expiryNoticed(let notice):
      try page.note(notice)
    case .accountStateSet(let state, let limit):
      page.account.state = state
      page.account.limit = limit
    case .budgetSet(let terms):
      try page.setBudget(terms)
    case .budgetPeriodBegan(let id, let period):
      try page.beginPeriod(period, of: id)
    case .pricePut, .refused:
      break
    }
  }

  private func requireExpected(_ over: OverCharge, _ page: AuditPage) throws(LedgerBreak) {
    guard let pending = pendingOver else {
      throw page.broken(.chargeWithinGrant, "over-charge", "a settle above its grant", "none")
    }
    let expected = pending.usage.costMicros - pending.covered
    let found = over.pins.totalMicros + over.debtMicros + over.uncollectedMicros
    guard expected == found, over.uncollectedMicros == pending.usage.uncollectedMicros else {
      throw page.broken(
        .chargeWithinGrant, "over-charge of usage \(over.usage)", "\(expected)", "\(found)")
    }
  }

  /// A charge of tokens is what they cost under the price that it names.
  private func requirePriced(_ record: UsageRecord, _ page: AuditPage) throws(LedgerBreak) {
    guard knowsPrices, let usage = record.usage else { return }
    guard let version = record.priceVersion, let price = prices[version],
      price.model == usage.model
    else {
      throw page.broken(
        .price, "usage \(record.id) price_version", "a price of \(usage.model)",
        record.priceVersion.map { "\($0)" } ?? "none")
    }
    // What a late settle adds to what the hold's end charged for is a difference of two prices.
    if record.isLate, let hold = record.hold, page.account.expired[hold]?.reportedMicros ?? 0 > 0 {
      return
    }
    // Decoding made sure that the counts are lawful.
    let cost = usage.isZero ? 0 : price.costMicros(of: usage)
    guard cost == record.costMicros else {
      throw page.broken(
        .price, "usage \(record.id) cost", cost.map { "\($0)" } ?? "no cost",
        "\(record.costMicros)")
    }
  }
}
