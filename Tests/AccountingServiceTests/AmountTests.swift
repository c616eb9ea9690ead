import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf
import Testing

@testable import AccountingService

@Suite struct AmountTests {
  @Test("whole credits become micro-credits, 1 to 10^9 of them")
  func credits() throws {
    let rows: [(Int64, Int64?)] = [
      (1, 1_000_000), (1_000_000_000, 1_000_000_000_000_000), (0, nil), (-1, nil),
      (1_000_000_001, nil), (.max, nil), (.min, nil),
    ]
    for (credits, micros) in rows {
      let result = Result { () throws(RPCError) in try Amount.micros(credits: credits, field: "credits") }
      check(result, is: micros, refusedField: "credits", "\(credits) credits")
    }
  }

  @Test("micro-credits are 1 to 10^15")
  func micros() throws {
    let rows: [(Int64, Int64?)] = [
      (1, 1), (1_000_000_000_000_000, 1_000_000_000_000_000), (0, nil), (-1, nil),
      (1_000_000_000_000_001, nil), (.max, nil), (.min, nil),
    ]
    for (amount, micros) in rows {
      let result = Result { () throws(RPCError) in try Amount.micros(amount, field: "credit_micros") }
      check(result, is: micros, refusedField: "credit_micros", "\(amount) micros")
    }
  }

  @Test("the token count that is out of range is named")
  func tokens() {
    typealias Usage = Farebox_Accounting_V1_TokenUsage
    let rows: [(field: String, edit: (inout Usage) -> Void)] = [
      ("usage.model", { $0.model = "" }), ("usage.model", { $0.model = "a b" }),
      ("usage.model", { $0.model = String(repeating: "m", count: 65) }),
      ("usage.model", { $0.model = "m\0" }), ("usage.model", { $0.model = "é" }),
      ("usage.input_tokens", { $0.inputTokens = -1 }),
      ("usage.output_tokens", { $0.outputTokens = .max }),
      ("usage.cached_input_tokens", { $0.cachedInputTokens = .min }),
      ("usage.reasoning_tokens", { $0.reasoningTokens = 1_000_000_000_001 }),
      ("usage", { $0.inputTokens = 0 }),
    ]
    for row in rows {
      var usage = Usage()
      usage.model = "m"
      usage.inputTokens = 1
      row.edit(&usage)
      let error = #expect(throws: RPCError.self) { try Amount.usage(usage) }
      #expect(error?.code == .invalidArgument)
      #expect(error?.fieldViolations.map(\.field) == [row.field])
    }
  }

  private func check(
    _ result: Result<Int64, RPCError>, is micros: Int64?, refusedField: String, _ name: String
  ) {
    switch result {
    case .success(let value): #expect(value == micros, "\(name)")
    case .failure(let error):
      #expect(micros == nil, "\(name)")
      #expect(error.code == .invalidArgument && error.fieldViolations.first?.field == refusedField)
    }
  }
}

@Suite struct InstantTests {
  @Test("instants survive the way there and back to the microsecond")
  func roundTrip() throws {
    let rows: [(seconds: Int64, nanos: Int32, micros: Int64)] = [
      (0, 0, 0), (0, 999, 0), (1, 1_000, 1_000_001), (-1, 999_999_000, -1),
      (-62_135_596_800, 0, -62_135_596_800_000_000),
      (253_402_300_799, 999_999_999, 253_402_300_799_999_999),
    ]
    for row in rows {
      var timestamp = Google_Protobuf_Timestamp()
      timestamp.seconds = row.seconds
      timestamp.nanos = row.nanos
      let time = try #require(try Instant.time(timestamp, field: "t"))
      #expect(time.microseconds == row.micros)
      let back = Google_Protobuf_Timestamp(time)
      #expect(back.seconds == row.seconds && back.nanos == row.nanos / 1_000 * 1_000)
    }
  }

  @Test("an instant outside the years 1 to 9999 is refused, not wrapped")
  func refused() {
    let rows: [(Int64, Int32)] = [
      (-62_135_596_801, 0), (253_402_300_800, 0), (.max, 0), (.min, 0), (0, -1),
      (0, 1_000_000_000), (0, .min),
    ]
    for (seconds, nanos) in rows {
      var timestamp = Google_Protobuf_Timestamp()
      timestamp.seconds = seconds
      timestamp.nanos = nanos
      let error = #expect(throws: RPCError.self) { try Instant.time(timestamp, field: "at") }
      #expect(error?.fieldViolations.map(\.field) == ["at"])
    }
  }

  @Test("instants that no timestamp can say are moved to the edge")
  func clamped() {
    #expect(Google_Protobuf_Timestamp(.distantFuture).seconds == 253_402_300_799)
    #expect(Google_Protobuf_Timestamp(.distantPast).seconds == -62_135_596_800)
  }

  @Test("a cursor is read back by its seal, and by no other")
  func cursors() throws {
    let seal = PageSeal()
    let filters = PageFilters("m", Farebox_Accounting_V1_ListUsageRequest(), account: "u")
    for seq in [1, 255, 256, 65_536, Int64.max] {
      #expect(try seal.seq(of: seal.token(afterSeq: seq, filters), filters) == seq)
      #expect(throws: RPCError.self) {
        try seal.seq(of: PageSeal().token(afterSeq: seq, filters), filters)
      }
    }
    #expect(try seal.seq(of: "", filters) == 0)
  }
}
