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
    switch self {
    case .allocated(let terms):
      return [
        Leg(place: .issued, micros: -terms.amountMicros),
        Leg(place: .available(terms.id), micros: terms.amountMicros),
      ]
    case .debtRepaid(let pins):
      return pins.map { Leg(place: .available($0.allocation), micros: -$0.amountMicros) }
        + [Leg(place: .debt, micros: pins.totalMicros)]
    case .charged(let charged):
      let usage = charged.usage
      return Self.chargeLegs(
        pins: usage.pins, debt: usage.debtMicros, uncollected: usage.uncollectedMicros)
    case .overCharged(let over):
      return Self.chargeLegs(
        pins: over.pins, debt: over.debtMicros, uncollected: over.uncollectedMicros)
    case .holdOpened(let hold):
      return hold.pins.flatMap { pin in
        [
          Leg(place: .available(pin.allocation), micros: -pin.amountMicros),
          Leg(place: .held(pin.allocation), micros: pin.amountMicros),
        ]
      }
    case .holdExtended(let slice):
      return slice.pins.flatMap { pin in
        [
          Leg(place: .available(pin.allocation), micros: -pin.amountMicros),
          Leg(place: .held(pin.allocation), micros: pin.amountMicros),
        ]
      }
    case .holdEnded(let end):
      return end.legs
    case .allocationExpired(let allocation, let amount):
      return [
        Leg(place: .available(allocation), micros: -amount), Leg(place: .expired, micros: amount),
      ]
    case .allocationVoided(let allocation, let amount, _):
      return [
        Leg(place: .available(allocation), micros: -amount), Leg(place: .voided, micros: amount),
      ]
    case .refunded(let refund):
      return refund.legs
    case .allocationAdjusted, .pricePut, .budgetSet, .budgetPeriodBegan, .alertsSet,
      .balanceFell, .balanceRose, .expiryNoticed, .accountStateSet, .refused:
      return []
    }
  }

  private static func chargeLegs(pins: [Pin], debt: Int64, uncollected: Int64) -> [Leg] {
    pins.map { Leg(place: .available($0.allocation), micros: -$0.amountMicros) } + [
      Leg(place: .debt, micros: -debt),
      Leg(place: .uncollected, micros: -uncollected),
      Leg(place: .spent, micros: pins.totalMicros + debt + uncollected),
    ]
  }
}

extension Refund {
  fileprivate var legs: [Leg] {
    returned.map { Leg(place: .available($0.allocation), micros: $0.amountMicros) } + [
      Leg(place: .expired, micros: expired.totalMicros),
      Leg(place: .voided, micros: voided.totalMicros),
      Leg(place: .debt, micros: debtMicros),
      Leg(place: .issued, micros: reissuedMicros),
      Leg(place: .spent, micros: -amountMicros),
    ]
  }
}

extension HoldEnd {
  fileprivate var legs: [Leg] {
    var legs: [Leg] = []
    for pin in spent + returned + expired {
      legs.append(Leg(place: .held(pin.allocation), micros: -pin.amountMicros))
    }
    for pin in returned {
      legs.append(Leg(place: .available(pin.allocation), micros: pin.amountMicros))
    }
    legs.append(Leg(place: .spent, micros: spent.totalMicros))
    legs.append(Leg(place: .expired, micros: expired.totalMicros))
    return legs
  }
}
