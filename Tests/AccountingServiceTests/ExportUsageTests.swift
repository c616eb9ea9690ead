import Contracts
import GRPC
import Protobuf
import Testing

@testable import AccountingService

@Suite struct ExportUsageTests {
  private typealias Fixture = AccountingFixture

  private func charge(
    _ fixture: Fixture, _ key: String, session: String = "", to account: String = "u"
  ) async throws {
    var request = Farebox_Accounting_V1_DeductCreditsRequest()
    request.idempotencyKey = key
    request.accountID = account
    request.amount = .usage(fixture.usage(3, 4))
    request.sessionID = session
    request.outcome = .complete
    _ = try await fixture.client.deductCredits(request, metadata: Fixture.service)
  }

  private func export(
    _ fixture: Fixture, as caller: String,
    _ edit: (inout Farebox_Accounting_V1_ExportUsageRequest) -> Void
  ) async throws -> (text: String, parts: [Farebox_Accounting_V1_ExportUsageResponse]) {
    var request = Farebox_Accounting_V1_ExportUsageRequest()
    edit(&request)
    var parts: [Farebox_Accounting_V1_ExportUsageResponse] = []
    let stream = fixture.client.exportUsage(request, metadata: Fixture.caller(caller))
    for try await part in stream.responses { parts.append(part) }
    return (String(decoding: parts.flatMap(\.data), as: UTF8.self), parts)
  }

  @Test("a CSV export holds a header and a line for each charge")
  func csv() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(10_000, to: "u", key: "k")
      try await fixture.putPrice(of: "m")
      let empty = try await export(fixture, as: "u") { $0.format = .csv }
      #expect(empty.text.hasPrefix("usage_id,account_id,") && empty.text.hasSuffix("pins\r\n"))
      try await charge(fixture, "1", session: "-s1")
      try await charge(fixture, "2")
      let file = try await export(fixture, as: "u") { $0.format = .csv }
      let lines = file.text.split(separator: "\r\n", omittingEmptySubsequences: false)
      #expect(lines.count == 4 && lines[3].isEmpty)
      let cells = lines[1].split(separator: ",", omittingEmptySubsequences: false)
      #expect(cells.count == 17 && cells[0] == "u3" && cells[1] == "u" && cells[4] == "m")
      #expect(cells[5] == "3" && cells[6] == "4" && cells[10] == "11" && cells[13] == "COMPLETE")
      #expect(cells[15] == "'-s1", "text must not begin a formula")
      #expect(cells[16] == "a1:11" && cells[2].hasSuffix("Z"))
    }
  }

  @Test("a JSON export is one canonical record per line, of every account for an auditor")
  func jsonl() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(10_000, to: "u", key: "k1")
      try await fixture.allocate(10_000, to: "v", key: "k2")
      try await fixture.putPrice(of: "m")
      for number in 0..<5 { try await charge(fixture, "u\(number)", session: "s\(number % 2)") }
      try await charge(fixture, "v", to: "v")
      let file = try await export(fixture, as: "auditor") {
        $0.format = .jsonl
        $0.allAccounts = true
      }
      let lines = file.text.split(separator: "\n")
      let records = try lines.map { line in
        try Farebox_Accounting_V1_UsageRecord(jsonString: String(line))
      }
      #expect(records.count == 6 && records.last?.accountID == "v")
      #expect(records.allSatisfy { $0.chargedMicros == 11 && $0.usage?.outputTokens == 4 })
      let some = try await export(fixture, as: "u") {
        $0.format = .jsonl
        $0.sessionID = "s1"
      }
      #expect(some.text.split(separator: "\n").count == 2)
    }
  }

  @Test("a long export comes in parts that all stand for the same entry")
  func parts() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(100_000, to: "u", key: "k")
      for number in 0..<1_100 {
        var request = Farebox_Accounting_V1_DeductCreditsRequest()
        request.idempotencyKey = "\(number)"
        request.accountID = "u"
        request.amount = .creditMicros(1)
        _ = try await fixture.client.deductCredits(request, metadata: Fixture.service)
      }
      let file = try await export(fixture, as: "u") { $0.format = .csv }
      #expect(file.parts.map(\.records) == [500, 500, 100])
      #expect(Set(file.parts.map(\.asOfSeq)) == [1_101])
      let lines = file.text.split(separator: "\r\n").dropFirst()
      #expect(lines.map { $0.prefix { $0 != "," } } == (2...1_101).map { "u\($0)" })
    }
  }

  @Test("an export without a format, and of all accounts by a user, is refused")
  func refusals() async throws {
    try await Fixture.run { fixture in
      let format = await failure { try await export(fixture, as: "u") { _ in }.text }
      #expect(format?.code == .invalidArgument && format?.field == "format")
      let unknown = await failure {
        try await export(fixture, as: "u") { $0.format = .UNRECOGNIZED(7) }.text
      }
      #expect(unknown?.field == "format")
      let all = await failure {
        try await export(fixture, as: "u") {
          $0.format = .csv
          $0.allAccounts = true
        }.text
      }
      #expect(all?.code == .permissionDenied)
      for field in ["model", "session_id"] {
        let refused = await failure {
          try await export(fixture, as: "u") {
            $0.format = .csv
            if field == "model" { $0.model = "a b" } else { $0.sessionID = "a\u{0}b" }
          }.text
        }
        #expect(refused?.code == .invalidArgument && refused?.field == field)
      }
    }
  }

  @Test("cells are quoted as RFC 4180 says and never begin a formula")
  func cells() {
    let rows = [
      ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""),
      ("a\r\nb", "\"a\r\nb\""), ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"),
      ("\tx", "'\tx"), ("=\"x\"", "\"'=\"\"x\"\"\""), ("\nx", "\"'\nx\""), ("a=b", "a=b"),
    ]
    for (cell, expected) in rows {
      var data: [UInt8] = []
      UsageFile.append(cell: cell, to: &data)
      #expect(String(decoding: data, as: UTF8.self) == expected, "\(cell)")
    }
  }
}
