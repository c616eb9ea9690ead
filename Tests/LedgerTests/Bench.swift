import Ledger
import LedgerConformance
import Testing

/// A ledger in memory with a clock that the test sets, and shorthand for what tests do most.
final class Bench {
  let clock = TestClock()
  let store: any LedgerStore
  let ledger: CreditLedger
  private var attempts = 0

  init(
    store: any LedgerStore = MemoryLedgerStore(),
    configuration: CreditLedger.Configuration = .defaults
  ) throws {
    self.store = store
    ledger = try CreditLedger(store: store, clock: clock, configuration: configuration)
  }

  /// The instant `seconds` from the clock's present time.
  func after(_ seconds: Int64) -> LedgerTime { clock.now().adding(.seconds(seconds)) }

  func attempt() -> Attempt {
    attempts += 1
    return Attempt(principal: "tester", key: "key \(attempts)")
  }

  func submit(_ command: Command) async -> Result<Receipt<Answer>, Refusal> {
    await ledger.submit(command, by: attempt())
  }

  /// The refusal of a command that must be refused.
  func refusal(_ command: Command) async throws -> Refusal {
    switch await submit(command) {
    case .success(let receipt): throw Breach("\(command) was accepted: \(receipt.value)")
    case .failure(let refusal): return refusal
    }
  }

  @discardableResult
  func allocate(
    _ amount: Int64, to account: AccountID = "alice", _ allocationClass: AllocationClass = .paid,
    priority: UInt8 = 100, effectiveAt: LedgerTime? = nil, expiresAt: LedgerTime? = nil,
    models: [String] = []
  ) async throws -> AllocateAnswer {
    try await ledger.allocate(
      AllocateCredits(
        account: account, amountMicros: amount, allocationClass: allocationClass,
        priority: priority, effectiveAt: effectiveAt, expiresAt: expiresAt, models: models),
      by: attempt()
    ).get().value
  }

  @discardableResult
  func deduct(
    _ charge: Charge, from account: AccountID = "alice", _ policy: OverPolicy = .reject
  ) async throws -> DeductAnswer {
    try await ledger.deduct(
      DeductCredits(account: account, charge: charge, overPolicy: policy), by: attempt()
    ).get().value
  }

  func hold(
    _ charge: Charge, from account: AccountID = "alice", min: Int64? = nil, life: Duration? = nil,
    slice: Int64? = nil
  ) async throws -> OpenHoldAnswer {
    try await ledger.openHold(
      OpenHold(account: account, charge: charge, minMicros: min, life: life, sliceTokens: slice),
      by: attempt()
    ).get().value
  }

  @discardableResult
  func extend(_ hold: Hold, used: Charge, wanted: Int64, life: Duration? = nil) async throws
    -> ExtendHoldAnswer
  {
    try await ledger.extendHold(
      ExtendHold(hold: hold.id, used: used, wanted: wanted, life: life), by: attempt()
    ).get().value
  }

  @discardableResult
  func settle(_ hold: Hold, _ charge: Charge, _ policy: OverPolicy = .cover) async throws
    -> SettleAnswer
  {
    try await ledger.settleHold(
      SettleHold(hold: hold.id, charge: charge, overPolicy: policy), by: attempt()
    ).get().value
  }

  @discardableResult
  func release(_ hold: Hold) async throws -> ReleaseAnswer {
    try await ledger.releaseHold(ReleaseHold(hold: hold.id), by: attempt()).get().value
  }

  @discardableResult
  func put(_ rates: PriceRates, for model: String = "model", from: LedgerTime? = nil) async throws
    -> PriceVersion
  {
    try await ledger.putPrice(
      PutPrice(model: model, effectiveFrom: from, rates: rates), by: attempt()
    ).get().value.price
  }

  func set(
    _ account: AccountID = "alice", _ state: AccountState? = nil, overdraft: Int64? = nil
  ) async throws {
    _ = try await ledger.setAccountState(
      SetAccountState(account: account, state: state, overdraftLimitMicros: overdraft),
      by: attempt()
    ).get()
  }

  /// Available, held and debt of an account in memory, as every one is that a test has used.
  func balance(_ account: AccountID = "alice") -> [Int64] {
    let balance = ledger.balanceAtOnce(of: account)?.balance ?? .zero
    return [balance.availableMicros, balance.heldMicros, balance.debtMicros]
  }

  func check(_ charge: Charge, _ account: AccountID = "alice") throws -> CheckAnswer {
    guard let result = ledger.checkAtOnce(account, for: charge) else {
      throw Breach("\(account) is not in memory")
    }
    return try result.get().answer
  }
}

extension Refusal {
  /// The case without what it carries.
  var name: String { String("\(self)".prefix { $0 != "(" }) }
}
