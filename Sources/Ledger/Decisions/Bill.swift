/// What a charge comes to, and at which price.
struct Bill {
  /// Above zero.
  let costMicros: Int64
  /// Nil when a bare amount is charged.
  let usage: TokenUsage?
  /// Nil when a bare amount is charged.
  let price: PriceVersion?

  var model: String? { usage?.model }

  /// Prices `charge` at `time`. Refuses an unknown model, then a cost that is too high.
  static func make(for charge: Charge, prices: PriceBook, at time: LedgerTime)
    -> Result<Bill, Refusal>
  {
    switch charge {
    case .micros(let amount):
      precondition(amount > 0, "only positive amounts are admitted")
      return .success(Bill(costMicros: amount, usage: nil, price: nil))
    case .usage(let usage):
      guard let price = prices.price(of: usage.model, at: time) else {
        return .failure(.unknownModel)
      }
      guard let cost = price.costMicros(of: usage) else { return .failure(.costOverflow) }
      return .success(Bill(costMicros: cost, usage: usage, price: price))
    }
  }
}

/// Who pays for a cost.
struct CoverParts {
  /// Taken from available credit, in spending order.
  let pins: [Pin]
  /// Becomes debt, in micro-credits.
  let debtMicros: Int64
  /// Cannot be charged, in micro-credits.
  let uncollectedMicros: Int64
}

extension Account {
  /// Splits `cost` into what available credit, then the overdraft covers, and what is left. Budgets
  /// allow `room` of it.
  func cover(
    _ cost: Int64, model: String?, at time: LedgerTime, byOverdraft: Bool, room: Int64
  ) -> CoverParts {
    let payable = min(cost, room)
    let pins = pins(for: payable, model: model, at: time)
    let open = payable - pins.totalMicros
    precondition(open >= 0, "more was taken than the cost")
    let debt = byOverdraft ? min(open, overdraftRoomMicros) : 0
    return CoverParts(
      pins: pins, debtMicros: debt, uncollectedMicros: cost - pins.totalMicros - debt)
  }

  /// Why nothing new may be charged or held, if so.
  var standingRefusal: Refusal? {
    switch state {
    case .active: nil
    case .closed: .accountClosed
    case .frozen: .accountFrozen
    }
  }
}
