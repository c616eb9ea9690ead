import Ledger

/// A breach of what must always hold.
public struct Breach: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// Reads a journal entry by entry and checks the invariants from the double entry alone.
public struct JournalAuditor {
  private var lastSeq: Int64 = 0
  private var lastTime = LedgerTime.distantPast
  private var terms: [AllocationID: AllocationTerms] = [:]
  private var places: [Leg.Place: Int64] = [:]
  private var openHolds: [HoldID: [Pin]] = [:]
  private var endedHolds: Set<HoldID> = []
  private var keys: Set<Digest> = []
  /// What was told of each account, in order.
  private(set) var alerts: [AccountID: [LedgerEvent]] = [:]

  public init() {}

  /// Checks the entries that a store added since the last call.
  public mutating func catchUp(with store: any LedgerStore) throws {
    while true {
      let entries = try store.entries(afterSeq: lastSeq, limit: 1_000)
      for entry in entries { try audit(entry) }
      if entries.isEmpty { break }
    }
    try checkTotals()
  }

  /// Free and held in an allocation, by the legs.
  public func parts(of id: AllocationID) -> (free: Int64, held: Int64) {
    (places[.available(id)] ?? 0, places[.held(id)] ?? 0)
  }

  private mutating func audit(_ entry: JournalEntry) throws {
    guard entry.seq == lastSeq + 1 else { throw Breach("entry \(entry.seq) after \(lastSeq)") }
    guard entry.time >= lastTime else { throw Breach("time fell at entry \(entry.seq)") }
    lastSeq = entry.seq
    lastTime = entry.time
    if let reply = entry.reply, !keys.insert(reply.key).inserted {
      throw Breach("I6: a key took effect twice, entry \(entry.seq)")
    }
    try post(entry)
    if let event = LedgerEvent(entry), [.balanceLow, .creditExpiring].contains(event.kind) {
      alerts[event.account, default: []].append(event)
    }
    switch entry.change {
    case .holdOpened(let hold):
      try requireLive(hold.pins, entry)
      openHolds[hold.id] = hold.pins
    case .holdExtended(let slice):
      try requireLive(slice.pins, entry)
      guard openHolds[slice.hold] != nil else {
        throw Breach("I4: hold \(slice.hold) was extended without being open")
      }
      openHolds[slice.hold]? += slice.pins
    case .holdEnded(let end):
      guard openHolds.removeValue(forKey: end.hold) != nil,
        endedHolds.insert(end.hold).inserted
      else { throw Breach("I4: hold \(end.hold) ended without being open") }
    case .charged(let charged):
      try requireLive(charged.usage.pins, entry)
    case .overCharged(let over):
      try requireLive(over.pins, entry)
    default:
      break
    }
  }

  private mutating func post(_ entry: JournalEntry) throws {
    switch entry.change {
    case .allocated(let granted), .allocationAdjusted(let granted, _): terms[granted.id] = granted
    default: break
    }
    let legs = entry.change.legs
    guard legs.reduce(0, { $0 + $1.micros }) == 0 else {
      throw Breach("I16: the legs of entry \(entry.seq) do not sum to zero")
    }
    for leg in legs { places[leg.place, default: 0] += leg.micros }
    for leg in legs {
      switch leg.place {
      case .available(let id), .held(let id):
        let free = places[.available(id)] ?? 0
        let held = places[.held(id)] ?? 0
        guard free >= 0, held >= 0, free + held <= (terms[id]?.amountMicros ?? 0) else {
          throw Breach("I1: allocation \(id) has \(free) free, \(held) held, entry \(entry.seq)")
        }
      default:
        break
      }
    }
  }

  /// I7: nothing is newly taken from a grant outside its life.
  private func requireLive(_ pins: [Pin], _ entry: JournalEntry) throws {
    for pin in pins {
      guard let grant = terms[pin.allocation], grant.effectiveAt <= entry.time,
        entry.time < grant.expiresAt ?? .distantFuture
      else { throw Breach("I7: entry \(entry.seq) takes from a grant that is not live") }
    }
  }

  private func checkTotals() throws {
    var held: [AllocationID: Int64] = [:]
    for pins in openHolds.values {
      for pin in pins { held[pin.allocation, default: 0] += pin.amountMicros }
    }
    for id in terms.keys where places[.held(id)] ?? 0 != held[id] ?? 0 {
      throw Breach("I2: allocation \(id) holds \(places[.held(id)] ?? 0), not its pins")
    }
    guard places.values.reduce(0, +) == 0 else { throw Breach("the books do not balance") }
    guard places[.debt] ?? 0 <= 0 else { throw Breach("I3: debt below zero") }
  }
}
