/// What an account's operators want to be told of, and what they were told.
///
/// A threshold tells of a fall once:
/// ```
///            available falls to it or below: told
///   armed -----------------------------------------> disarmed
///         <-----------------------------------------
///            available rises above it
/// ```
/// An allocation of which something is left is told of once for each lead, counted back from its
/// expiry. Leads that have passed when it appears are told of as one, the shortest of them.
public struct BalanceAlerts: Sendable, Hashable {
  /// An amount of available credit, and whether the next fall to it is told.
  public struct Threshold: Sendable, Hashable {
    /// In micro-credits, 0 to ``LedgerLimits/amountMax``.
    public let micros: Int64
    public internal(set) var isArmed: Bool

    /// Makes a threshold, armed or not.
    public init(micros: Int64, isArmed: Bool) {
      self.micros = micros
      self.isArmed = isArmed
    }
  }

  /// Highest first.
  public internal(set) var thresholds: [Threshold]
  /// How long before an allocation expires it is told, longest first.
  public internal(set) var leads: [Duration]
  /// When they were set: of what had expired by then nothing is told, even if a hold keeps it.
  let setAt: LedgerTime
  /// The shortest lead that was told of each allocation.
  private(set) var told: [AllocationID: Duration]

  init(
    thresholds: [Threshold], leads: [Duration], setAt: LedgerTime,
    told: [AllocationID: Duration] = [:]
  ) {
    self.thresholds = thresholds
    self.leads = leads
    self.setAt = setAt
    self.told = told
  }

  /// Leads that are still to be told of an allocation, longest first.
  func untoldLeads(of terms: AllocationTerms) -> [Duration] {
    guard let expiresAt = terms.expiresAt, expiresAt > setAt else { return [] }
    guard let last = told[terms.id] else { return leads }
    return leads.filter { $0 < last }
  }

  /// Before this instant nothing is to be told of an allocation.
  func firstNotice(of terms: AllocationTerms) -> LedgerTime {
    guard let expiresAt = terms.expiresAt, let longest = leads.first else { return .distantFuture }
    return expiresAt.adding(.zero - longest)
  }

  /// Notes that a lead and all longer ones were told.
  mutating func tell(_ lead: Duration, of id: AllocationID) {
    told[id] = min(told[id] ?? lead, lead)
  }

  /// Forgets what was told of an allocation that is gone or expires at another instant.
  mutating func forget(_ id: AllocationID) {
    told[id] = nil
  }

  /// Arms or disarms a threshold; whether there is one that was not so.
  mutating func set(_ micros: Int64, isArmed: Bool) -> Bool {
    guard let index = thresholds.firstIndex(where: { $0.micros == micros }),
      thresholds[index].isArmed != isArmed
    else { return false }
    thresholds[index].isArmed = isArmed
    return true
  }
}

/// Available credit fell to a threshold.
public struct BalanceFall: Sendable, Hashable {
  /// In micro-credits.
  public let thresholdMicros: Int64
  /// Available then, in micro-credits; not above the threshold.
  public let availableMicros: Int64
  /// When: the entry's time, or the instant before it at which time alone brought it about.
  public let fellAt: LedgerTime
}

/// Available credit rose above thresholds, which tell of the next fall again.
public struct BalanceRise: Sendable, Hashable {
  /// In micro-credits, highest first.
  public let thresholdsMicros: [Int64]
  /// Available then, in micro-credits; above all of them.
  public let availableMicros: Int64
  /// When, as for ``BalanceFall/fellAt``.
  public let roseAt: LedgerTime
}

/// An allocation expires soon.
public struct ExpiryNotice: Sendable, Hashable {
  public let allocation: AllocationID
  /// The lead that has come; longer ones are told with it.
  public let lead: Duration
  public let expiresAt: LedgerTime
  /// Available and held of it then, in micro-credits.
  public let leftMicros: Int64
  /// When, as for ``BalanceFall/fellAt``.
  public let noticedAt: LedgerTime
}
