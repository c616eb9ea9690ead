import Ledger

/// What every store must do. A test target calls each rule with a way to open its store: the first
/// call opens an empty one, a later call opens it again after it was closed.
public struct StoreConformance {
  private let open: () throws -> any LedgerStore
  private let clock = TestClock()

  public init(open: @escaping () throws -> any LedgerStore) {
    self.open = open
  }

  private func attempt(_ key: String) -> Attempt { Attempt(principal: "conformance", key: key) }

  private func require(_ claim: Bool, _ text: String) throws {
    guard claim else { throw Breach(text) }
  }

  /// A ledger that is closed and opened again goes on where it was.
  public func continuesAfterReopening() async throws {
    let store = try open()
    let ledger = try CreditLedger(store: store, clock: clock)
    let price = PriceRates(outputMicrosPerMillion: 2_000_000)
    _ = try await ledger.putPrice(PutPrice(model: "m", rates: price), by: attempt("price")).get()
    let grant = AllocateCredits(
      account: "alice", amountMicros: 100, allocationClass: .promo, priority: 7,
      expiresAt: clock.now().adding(.seconds(3_600)), models: ["m", "n"], notes: "für später")
    _ = try await ledger.allocate(grant, by: attempt("grant")).get()
    let usage = Charge.usage(TokenUsage(model: "m", outputTokens: 20))
    let opened = try await ledger.openHold(
      OpenHold(account: "alice", charge: usage, sessionID: "s-1"), by: attempt("hold")
    ).get()
    let before = try await ledger.balance(of: "alice")
    try await ledger.shutDown()

    let again = try CreditLedger(store: try open(), clock: clock)
    let after = try await again.balance(of: "alice")
    try require(after.balance == before.balance, "the balance changed: \(after) from \(before)")
    try require(after.asOfSeq == before.asOfSeq, "the journal's end changed")
    let terms = after.activeAllocations.first?.terms
    try require(terms?.notes == grant.notes && terms?.models == grant.models, "the grant changed")
    try require(terms?.expiresAt == grant.expiresAt && terms?.priority == 7, "the grant changed")
    let settle = SettleHold(hold: opened.value.hold.id, charge: usage, outcome: .complete)
    let settled = try await again.settleHold(settle, by: attempt("settle")).get()
    try require(settled.value.usage.chargedMicros == 40, "the hold lost its price")
    try require(settled.value.usage.sessionID == "s-1", "the hold lost its session")
    try await again.shutDown()
  }

  /// The first answer to a key is found at once and after a restart, refusals too.
  public func remembersKeys() async throws {
    let command = DeductCredits(account: "alice", charge: .micros(10), overPolicy: .reject)
    let first = try CreditLedger(store: try open(), clock: clock)
    let denied = await first.deduct(command, by: attempt("denied"))
    _ = await first.allocate(
      AllocateCredits(account: "alice", amountMicros: 100), by: attempt("grant"))
    let paid = try await first.deduct(command, by: attempt("paid")).get()
    try await first.shutDown()

    for _ in 0..<2 {
      let ledger = try CreditLedger(store: try open(), clock: clock)
      guard case .failure(let refusal) = await ledger.deduct(command, by: attempt("denied")),
        case .failure(refusal) = denied
      else { throw Breach("a retry turned a denial into a charge") }
      let replayed = try await ledger.deduct(command, by: attempt("paid")).get()
      try require(replayed.isReplayed, "a replay does not say so")
      try require(replayed.value.usage == paid.value.usage, "the replay differs")
      try require(replayed.asOfSeq == paid.asOfSeq, "the replay has another place")
      var other = command
      other.charge = .micros(11)
      guard case .failure(.idempotencyMismatch) = await ledger.deduct(other, by: attempt("paid"))
      else { throw Breach("a key was accepted for another command") }
      let balance = try await ledger.balance(of: "alice").balance
      try require(balance.availableMicros == 90, "charged again")
      try await ledger.shutDown()
    }
  }

  /// A key stays used for ever, but its answer is told for seven days only.
  public func forgetsAnswers() async throws {
    let command = AllocateCredits(account: "alice", amountMicros: 100)
    var other = command
    other.amountMicros = 101
    let first = try CreditLedger(store: try open(), clock: clock)
    let answered = try await first.allocate(command, by: attempt("old")).get()
    clock.advance(LedgerLimits.answerLife - .microseconds(1))
    let replayed = try await first.allocate(command, by: attempt("old")).get()
    try require(replayed.isReplayed && replayed.asOfSeq == answered.asOfSeq, "forgotten early")
    clock.advance(.microseconds(1))
    try await first.shutDown()
    for _ in 0..<2 {
      let ledger = try CreditLedger(store: try open(), clock: clock)
      guard case .failure(.answerNotKept) = await ledger.allocate(command, by: attempt("old"))
      else { throw Breach("an old key was answered") }
      guard case .failure(.idempotencyMismatch) = await ledger.allocate(other, by: attempt("old"))
      else { throw Breach("an old key was accepted for another command") }
      let balance = try await ledger.balance(of: "alice").balance
      try require(balance.availableMicros == 100, "an old key took effect again")
      try require(ledger.committedSeq == answered.asOfSeq, "it left a trace")
      clock.advance(.seconds(400 * 24 * 60 * 60))
      try await ledger.shutDown()
    }
  }

  /// Ended holds are found, also those that ended before a restart, and are settled late once.
  public func remembersEndedHolds() async throws {
    let first = try CreditLedger(store: try open(), clock: clock)
    _ = await first.allocate(
      AllocateCredits(account: "alice", amountMicros: 100), by: attempt("grant"))
    let hold = try await first.openHold(
      OpenHold(account: "alice", charge: .micros(10)), by: attempt("hold")
    ).get().value.hold
    clock.advance(.seconds(100))
    _ = await first.deduct(
      DeductCredits(account: "alice", charge: .micros(1)), by: attempt("touch"))
    try require(try await first.hold(hold.id)?.state == .expired, "it is not shown as expired")
    try await first.shutDown()

    let second = try CreditLedger(store: try open(), clock: clock)
    let settle = SettleHold(hold: hold.id, charge: .micros(10))
    let late = try await second.settleHold(settle, by: attempt("late")).get()
    try require(late.value.usage.isLate && late.value.usage.chargedMicros == 10, "not charged late")
    for _ in 0..<2 {
      let outcome = await second.settleHold(settle, by: attempt("again\(clock.now())"))
      guard case .failure(.holdEnded) = outcome else { throw Breach("settled late twice") }
      clock.advance(.seconds(1))
    }
    try await second.shutDown()

    let third = try CreditLedger(store: try open(), clock: clock)
    guard case .failure(.holdEnded) = await third.settleHold(settle, by: attempt("third")) else {
      throw Breach("settled late again after a restart")
    }
    try require(try await third.hold(hold.id)?.isLateSettled == true, "the late settle is lost")
    try await third.shutDown()
  }

  /// Usage is listed oldest first, page by page, with all that was acknowledged.
  public func listsUsage() async throws {
    let ledger = try CreditLedger(store: try open(), clock: clock)
    for account in ["alice", "bob"] as [AccountID] {
      _ = await ledger.allocate(
        AllocateCredits(account: account, amountMicros: 1_000), by: attempt("grant \(account)"))
    }
    var expected: [UsageRecord] = []
    for number in 1...7 {
      clock.advance(.seconds(10))
      let command = DeductCredits(
        account: "alice", charge: .micros(Int64(number)), outcome: .complete, sessionID: "s")
      let answer = await ledger.deduct(command, by: attempt("\(number)"))
      expected.append(try answer.get().value.usage)
      _ = await ledger.deduct(
        DeductCredits(account: "bob", charge: .micros(1)), by: attempt("bob \(number)"))
      let page = try await ledger.listUsage(UsageQuery(account: "alice"))
      try require(page.records == expected, "usage \(number) is not listed")
      try require(page.asOfSeq >= ledger.committedSeq, "the page misses what was acknowledged")
    }
    var found: [UsageRecord] = []
    var cursor: Int64? = 0
    while let after = cursor {
      let query = UsageQuery(account: "alice", afterSeq: after, limit: 3)
      let page = try await ledger.listUsage(query)
      found += page.records
      cursor = page.nextSeq
    }
    try require(found == expected, "the pages do not add up")
    let range = UsageQuery(
      account: "alice", from: expected[2].chargedAt, until: expected[5].chargedAt)
    let some = try await ledger.listUsage(range)
    try require(some.records == Array(expected[2..<5]), "the time range is not [from, until)")
    try require(some.nextSeq == nil, "a last page with a cursor")
    try await ledger.shutDown()
  }

  /// Alerts go on after a restart, and what comes due is told without anybody touching the account.
  public func remembersAlerts() async throws {
    let first = try CreditLedger(store: try open(), clock: clock)
    let alerts = SetBalanceAlerts(
      account: "alice", thresholdsMicros: [50, 10], leads: [.seconds(3_600), .seconds(60)])
    _ = try await first.setBalanceAlerts(alerts, by: attempt("alerts")).get()
    let grant = AllocateCredits(
      account: "alice", amountMicros: 100, expiresAt: clock.now().adding(.seconds(2_000)))
    _ = try await first.allocate(grant, by: attempt("grant")).get()
    let fall = DeductCredits(account: "alice", charge: .micros(60))
    _ = try await first.deduct(fall, by: attempt("fall")).get()
    let before = try await first.alerts(of: "alice").alerts
    try require(before?.thresholds.map(\.isArmed) == [false, true], "\(String(describing: before))")
    let told = try await first.listEvents(EventQuery())
    try require(told.count == 2, "told \(told), not a fall and a lead")
    try await first.shutDown()

    let second = try CreditLedger(store: try open(), clock: clock)
    let after = try await second.alerts(of: "alice").alerts
    try require(after == before, "the alerts changed")
    try require(try await second.listEvents(EventQuery()) == told, "the events changed")
    clock.advance(.seconds(1_950))
    await second.sweep()
    clock.advance(.seconds(100))
    await second.sweep()
    var kinds: [LedgerEvent.Kind] = []
    for id in try await second.listEvents(EventQuery(afterSeq: told.last?.seq ?? 0)) {
      if let event = try await second.event(id) { kinds.append(event.kind) }
    }
    try require(kinds == [.creditExpiring, .creditExpired, .balanceLow], "told \(kinds)")
    try require(try await second.verify().firstBreak == nil, "the journal is broken")
    try await second.shutDown()
  }

  /// Holds are listed as they were opened, page by page, by account, state and session; what was
  /// reported survives a restart.
  public func listsHolds() async throws {
    let ledger = try CreditLedger(store: try open(), clock: clock)
    for account in ["alice", "bob"] as [AccountID] {
      _ = await ledger.allocate(
        AllocateCredits(account: account, amountMicros: 1_000), by: attempt("grant \(account)"))
    }
    _ = await ledger.putPrice(
      PutPrice(model: "m", rates: PriceRates(outputMicrosPerMillion: 1_000_000)),
      by: attempt("price"))
    let usage = TokenUsage(model: "m", outputTokens: 10)
    var holds: [Hold] = []
    for number in 0..<6 {
      let command = OpenHold(
        account: number % 2 == 0 ? "alice" : "bob", charge: .usage(usage),
        sessionID: number < 3 ? "first" : "second")
      holds.append(try await ledger.openHold(command, by: attempt("h\(number)")).get().value.hold)
    }
    _ = await ledger.extendHold(
      ExtendHold(hold: holds[0].id, used: .usage(usage), wanted: 5), by: attempt("extend"))
    _ = await ledger.releaseHold(ReleaseHold(hold: holds[2].id), by: attempt("release"))
    try await ledger.shutDown()
    let again = try CreditLedger(store: try open(), clock: clock)
    let rows: [(HoldQuery, [Int])] = [
      (HoldQuery(), [0, 1, 2, 3, 4, 5]), (HoldQuery(account: "bob"), [1, 3, 5]),
      (HoldQuery(account: "alice", state: .open), [0, 4]), (HoldQuery(state: .released), [2]),
      (HoldQuery(sessionID: "second"), [3, 4, 5]), (HoldQuery(account: "carol"), []),
      (HoldQuery(afterSeq: holds[3].id.seq), [4, 5]),
    ]
    for (query, expected) in rows {
      let page = try await again.listHolds(query)
      try require(page.holds.map(\.id) == expected.map { holds[$0].id }, "\(query)")
      try require(page.nextSeq == nil, "a last page with a cursor")
    }
    let first = try await again.listHolds(HoldQuery(limit: 4))
    try require(first.holds.count == 4 && first.nextSeq == holds[3].id.seq, "no cursor")
    try require(first.holds[0].reportedUsage == usage, "the report is lost")
    try require(first.holds[0].grantedMicros == 15, "the slice is lost")
    clock.advance(.seconds(65))
    let ended = try await again.listHolds(HoldQuery(account: "alice"))
    try require(ended.holds.map(\.state) == [.expired, .released, .expired], "not as of now")
    try await again.shutDown()
  }

  /// Usage is chosen by model, session, outcome and account, and a last entry.
  public func filtersUsage() async throws {
    let ledger = try CreditLedger(store: try open(), clock: clock)
    let rates = PriceRates(outputMicrosPerMillion: 1_000_000)
    for model in ["m", "n"] {
      _ = await ledger.putPrice(PutPrice(model: model, rates: rates), by: attempt(model))
    }
    var all: [UsageRecord] = []
    for account in ["alice", "bob"] as [AccountID] {
      _ = await ledger.allocate(
        AllocateCredits(account: account, amountMicros: 1_000), by: attempt("grant \(account)"))
      for number in 0..<12 {
        let command = DeductCredits(
          account: account,
          charge: number % 3 == 0
            ? .micros(1) : .usage(TokenUsage(model: number % 3 == 1 ? "m" : "n", outputTokens: 1)),
          outcome: number % 2 == 0 ? .complete : .cancelled, sessionID: "s\(number % 4)")
        let answer = await ledger.deduct(command, by: attempt("\(account) \(number)"))
        all.append(try answer.get().value.usage)
      }
    }
    let middle = all[7].seq
    let rows: [((inout UsageQuery) -> Void, (UsageRecord) -> Bool)] = [
      ({ _ in }, { _ in true }),
      ({ $0.account = "bob" }, { $0.account == "bob" }),
      ({ $0.model = "m" }, { $0.usage?.model == "m" }),
      ({ $0.sessionID = "s2" }, { $0.sessionID == "s2" }),
      ({ $0.outcome = .cancelled }, { $0.outcome == .cancelled }),
      ({ $0.throughSeq = middle }, { $0.seq <= middle }),
      (
        { query in
          query.model = "n"
          query.outcome = .complete
        }, { $0.usage?.model == "n" && $0.outcome == .complete }
      ),
      ({ $0.model = "none" }, { _ in false }),
    ]
    for (number, (edit, isWanted)) in rows.enumerated() {
      var query = UsageQuery(account: nil, limit: 2)
      edit(&query)
      var found: [UsageRecord] = []
      var cursor: Int64? = 0
      while let after = cursor {
        query.afterSeq = after
        let page = try await ledger.listUsage(query)
        found += page.records
        cursor = page.nextSeq
      }
      try require(found == all.filter(isWanted), "filter \(number) chooses \(found.map(\.id))")
    }
    try await ledger.shutDown()
  }

  /// The journal is listed by account, kind and time, with hashes that continue each other.
  public func listsJournal() async throws {
    let ledger = try CreditLedger(store: try open(), clock: clock)
    var times: [LedgerTime] = []
    for number in 1...9 {
      clock.advance(.seconds(10))
      times.append(clock.now())
      let account: AccountID = number % 2 == 0 ? "bob" : "alice"
      _ =
        number < 5
        ? await ledger.submit(
          .allocateCredits(AllocateCredits(account: account, amountMicros: 100)),
          by: attempt("\(number)"))
        : await ledger.submit(
          .deductCredits(DeductCredits(account: account, charge: .micros(1))),
          by: attempt("\(number)"))
    }
    let rows: [(JournalQuery, [Int64])] = [
      (JournalQuery(account: nil), Array(1...9)),
      (JournalQuery(account: "bob"), [2, 4, 6, 8]),
      (JournalQuery(account: nil, kinds: [.charged]), [5, 6, 7, 8, 9]),
      (JournalQuery(account: "alice", kinds: [.allocated, .refused]), [1, 3]),
      (JournalQuery(account: nil, from: times[2], until: times[5]), [3, 4, 5]),
      (JournalQuery(account: "bob", from: times[2]), [4, 6, 8]),
      (JournalQuery(account: nil, until: times[0]), []),
      (JournalQuery(account: nil, from: times[8].adding(.microseconds(1))), []),
      (JournalQuery(account: "nobody"), []),
    ]
    for (query, expected) in rows {
      for limit in [1, 2, 100] {
        var query = query
        query.limit = limit
        var found: [JournalLine] = []
        var cursor: Int64? = 0
        while let after = cursor {
          query.afterSeq = after
          let page = try await ledger.listJournal(query)
          try require(page.lines.count <= limit, "a page above its size")
          found += page.lines
          cursor = page.nextSeq
        }
        try require(found.map(\.entry.seq) == expected, "\(query) lists \(found.map(\.entry.seq))")
      }
    }
    let lines = try await ledger.listJournal(JournalQuery(account: nil)).lines
    var hash = Digest.zero
    for line in lines {
      try require(line.previousHash == hash, "entry \(line.entry.seq) continues another hash")
      hash = line.hash
    }
    try await ledger.shutDown()
  }

  /// A batch that was decided on another state is refused and leaves no trace.
  public func refusesStaleCommits() throws {
    let store = try open()
    let entry = JournalEntry(
      seq: 1, time: clock.now(), account: nil, actor: "a", change: .refused(.openHold), reply: nil)
    let sealed = SealedEntry(entry, after: .zero)
    let batch = CommitBatch(
      previous: .empty, head: JournalHead(seq: 1, time: entry.time, hash: sealed.hash),
      entries: [sealed], rows: [])
    try store.commit(batch)
    do {
      try store.commit(batch)
      throw Breach("the same batch was committed twice")
    } catch StoreError.conflict(let expected, let found) {
      try require(expected == 0 && found == 1, "the conflict names the wrong entries")
    }
    for seq in [-1, 0] as [Int64] {
      let count = try store.entries(afterSeq: seq, limit: 9).count
      try require(count == 1, "\(count) entries after \(seq): the refused one left a trace")
    }
    try store.close()
  }
}
