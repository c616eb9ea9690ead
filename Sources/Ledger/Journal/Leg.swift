/// One side of a double entry: an amount that a place gained or lost.
public struct Leg: Sendable, Hashable {
  /// Where credit can be.
  public enum Place: Sendable, Hashable {
    /// In an allocation, free.
    case available(AllocationID)
    /// In an allocation, set aside by a hold.
    case held(AllocationID)
    /// System account: negative by all that was ever granted.
    case issued
    /// System account: what was charged.
    case spent
    /// System account: what expired.
    case expired
    /// System account: what was taken back.
    case voided
    /// System account: negative by what all accounts owe.
    case debt
    /// System account: negative by what could not be charged.
    case uncollected
  }

  public let place: Place
  /// Micro-credits gained; negative when lost.
  public let micros: Int64
}

extension Change {
  /// The double entry. The amounts sum to zero (I16).
  public var legs: [Leg] {
    var legs: [Leg] = []
    forEachLeg { place, micros in legs.append(Leg(place: place, micros: micros)) }
    return legs
  }

  /// What the amounts of the double entry sum to. Every entry asks: nothing is allocated.
  var legSum: Int64 {
    var sum: Int64 = 0
    forEachLeg { _, micros in sum += micros }
    return sum
  }

  private func forEachLeg(_ body: (Leg.Place, Int64) -> Void) {
    switch self {
    case .allocated(let terms):
      body(.issued, -terms.amountMicros)
      body(.available(terms.id), terms.amountMicros)
    case .debtRepaid(let pins):
      for pin in pins { body(.available(pin.allocation), -pin.amountMicros) }
      body(.debt, pins.totalMicros)
    case .charged(let charged):
      let usage = charged.usage
      Self.forEachLeg(
        ofCharge: usage.pins, debt: usage.debtMicros, uncollected: usage.uncollectedMicros, body)
    case .overCharged(let over):
      Self.forEachLeg(
        ofCharge: over.pins, debt: over.debtMicros, uncollected: over.uncollectedMicros, body)
    case .holdOpened(let hold):
      Self.forEachLeg(settingAside: hold.pins, body)
    case .holdExtended(let slice):
      Self.forEachLeg(settingAside: slice.pins, body)
    case .holdEnded(let end):
      end.forEachLeg(body)
    case .allocationExpired(let allocation, let amount):
      body(.available(allocation), -amount)
      body(.expired, amount)
    case .allocationVoided(let allocation, let amount, _):
      body(.available(allocation), -amount)
      body(.voided, amount)
    case .refunded(let refund):
      refund.forEachLeg(body)
    case .allocationAdjusted, .pricePut, .budgetSet, .budgetPeriodBegan, .alertsSet,
      .balanceFell, .balanceRose, .expiryNoticed, .accountStateSet, .refused:
      break
    }
  }

  private static func forEachLeg(settingAside pins: [Pin], _ body: (Leg.Place, Int64) -> Void) {
    for pin in pins {
      body(.available(pin.allocation), -pin.amountMicros)
      body(.held(pin.allocation), pin.amountMicros)
    }
  }

  private static func forEachLeg(
    ofCharge pins: [Pin], debt: Int64, uncollected: Int64, _ body: (Leg.Place, Int64) -> Void
  ) {
    for pin in pins { body(.available(pin.allocation), -pin.amountMicros) }
    body(.debt, -debt)
    body(.uncollected, -uncollected)
    body(.spent, pins.totalMicros + debt + uncollected)
  }
}

extension Refund {
  fileprivate func forEachLeg(_ body: (Leg.Place, Int64) -> Void) {
    for pin in returned { body(.available(pin.allocation), pin.amountMicros) }
    body(.expired, expired.totalMicros)
    body(.voided, voided.totalMicros)
    body(.debt, debtMicros)
    body(.issued, reissuedMicros)
    body(.spent, -amountMicros)
  }
}

extension HoldEnd {
  fileprivate func forEachLeg(_ body: (Leg.Place, Int64) -> Void) {
    for pin in spent { body(.held(pin.allocation), -pin.amountMicros) }
    for pin in returned { body(.held(pin.allocation), -pin.amountMicros) }
    for pin in expired { body(.held(pin.allocation), -pin.amountMicros) }
    for pin in returned { body(.available(pin.allocation), pin.amountMicros) }
    body(.spent, spent.totalMicros)
    body(.expired, expired.totalMicros)
  }
}
