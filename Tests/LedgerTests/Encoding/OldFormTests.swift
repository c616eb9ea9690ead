import LedgerConformance
import Testing

@testable import Ledger

/// Journals are kept for ever: what an older version wrote is read by every newer one.
@Suite("Older stored forms")
struct OldFormTests {
  private let time = LedgerTime(microseconds: 1_780_000_000_000_000)

  /// The payload of an entry of version 1, without a reply.
  private func payload(_ kind: Change.Kind, _ change: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    writer.byte(1)
    writer.value(kind)
    change(&writer)
    writer.value("somebody")
    writer.byte(0)
    return writer.bytes
  }

  @Test("a hold of version 1 has reported no tokens")
  func hold() throws {
    let bytes = payload(.holdOpened) { writer in
      writer.value(HoldID(seq: 9))
      writer.value(AccountID("u"))
      writer.optional(PriceVersion?.none)
      writer.value("s")
      writer.value(time)
      writer.integer(5)
      writer.list([Pin(allocation: AllocationID(seq: 1), amountMicros: 5)])
      writer.value(HoldState.open)
      writer.value(time.adding(.seconds(60)))
      writer.integer(0)
      writer.optional(LedgerTime?.none)
      writer.value(false)
    }
    let entry = try JournalEntry(seq: 9, time: time, account: "u", payload: bytes)
    guard case .holdOpened(let hold) = entry.change else { throw CorruptionError("another kind") }
    #expect(hold.id == HoldID(seq: 9) && hold.grantedMicros == 5 && hold.reportedUsage == nil)
    #expect(entry.actor == "somebody" && entry.reply == nil)
  }

  @Test("a charge of version 1 has no request id")
  func charge() throws {
    let bytes = payload(.charged) { writer in
      writer.value(UsageID(seq: 9))
      writer.value(AccountID("u"))
      writer.optional(TokenUsage?.none)
      writer.optional(Int64?.none)
      writer.integer(0)
      writer.integer(2)
      writer.list([Pin(allocation: AllocationID(seq: 1), amountMicros: 5)])
      writer.value(time)
      writer.value(time)
      writer.value(false)
      writer.value(Outcome.complete)
      writer.optional(HoldID?.none)
      writer.value("s")
    }
    let entry = try JournalEntry(seq: 9, time: time, account: "u", payload: bytes)
    guard case .charged(let charged) = entry.change else { throw CorruptionError("another kind") }
    #expect(charged.usage.chargedMicros == 5 && charged.usage.requestID.isEmpty)
  }

  @Test("a refusal of versions 1 and 2 names no budget; an unknown version is refused")
  func outcome() throws {
    for kind in [2, 4] as [UInt8] {
      var writer = ByteWriter()
      writer.byte(kind)
      writer.byte(16)
      writer.value(CheckDecision.insufficient)
      for amount in [9, 4, 1, 5] as [Int64] { writer.integer(amount) }
      writer.optional(Int64?.none)
      writer.optional(LedgerTime?.none)
      let outcome = try CommandOutcome(storedOutcome: writer.bytes, of: nil)
      guard case .failure(.insufficientCredits(let check)) = outcome else {
        throw CorruptionError("another outcome")
      }
      #expect(check.shortfallMicros == 5 && check.budget == nil)
    }
    for kind in [0, 7, 8, 255] as [UInt8] {
      #expect(throws: CorruptionError.self) {
        try CommandOutcome(storedOutcome: [kind, 16], of: nil)
      }
    }
    // Version 5 leaves out what the change says: it must say it.
    for change in [nil, .refused(.openHold), .debtRepaid(pins: [])] as [Change?] {
      #expect(throws: CorruptionError.self) {
        try CommandOutcome(storedOutcome: [7, Command.Kind.settleHold.rawValue, 0], of: change)
      }
    }
    let next = [ByteReader.currentVersion + 1] + payload(.pricePut) { _ in }.dropFirst()
    #expect(throws: CorruptionError.self) {
      try JournalEntry(seq: 9, time: time, account: nil, payload: next)
    }
  }

  @Test("an entry of version 4 repeats in its answer what it says, and means what a newer one does")
  func repeated() async throws {
    let store = MemoryLedgerStore()
    var history = RandomHistory(seed: 11, commandCount: 600)
    try await history.run { store }
    let entries = try store.entries(afterSeq: 0, limit: 10_000)
    var shorter: Set<String> = []
    var hashes = (new: Digest.zero, old: Digest.zero)
    for entry in entries {
      let sealed = SealedEntry(entry, after: hashes.new)
      let payload = try Self.version4(entry)
      let hash = SealedEntry.hash(
        seq: entry.seq, time: entry.time, account: entry.account, payload: payload,
        after: hashes.old)
      let old = StoredEntry(
        seq: entry.seq, time: entry.time, account: entry.account, kind: sealed.stored.kind,
        payload: payload, hash: hash)
      #expect(try old.decoded().contents() == entry.contents())
      let difference = try JournalReader.difference([old], [sealed], after: hashes.old)
      #expect(difference == nil)
      #expect(try JournalReader.difference([old], [sealed], after: hash) != nil)
      if sealed.payload.count < payload.count, let reply = entry.reply {
        shorter.insert("\(try reply.decoded().0.kind)")
      }
      hashes = (sealed.hash, hash)
    }
    #expect(shorter == ["deductCredits", "recordUsage", "openHold", "settleHold"])
  }

  /// The payload as version 4 had it.
  private static func version4(_ entry: JournalEntry) throws -> [UInt8] {
    let payload = entry.payload()
    guard let reply = entry.reply else { return [4] + payload.dropFirst() }
    let outcome = try reply.outcome.decoded()
    var short = ByteWriter()
    var whole = ByteWriter()
    short.raw(ByteWriter.bytes { outcome.write(to: &$0, of: entry.change) })
    whole.raw(ByteWriter.bytes { outcome.write(to: &$0, of: nil) })
    #expect(payload.suffix(short.bytes.count).elementsEqual(short.bytes))
    return [4] + payload.dropFirst().dropLast(short.bytes.count) + whole.bytes
  }
}
