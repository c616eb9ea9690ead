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
      let outcome = try CommandOutcome(storedOutcome: writer.bytes)
      guard case .failure(.insufficientCredits(let check)) = outcome else {
        throw CorruptionError("another outcome")
      }
      #expect(check.shortfallMicros == 5 && check.budget == nil)
    }
    for kind in [0, 7, 255] as [UInt8] {
      #expect(throws: CorruptionError.self) { try CommandOutcome(storedOutcome: [kind, 16]) }
    }
    let next = [ByteReader.currentVersion + 1] + payload(.pricePut) { _ in }.dropFirst()
    #expect(throws: CorruptionError.self) {
      try JournalEntry(seq: 9, time: time, account: nil, payload: next)
    }
  }
}
