import Contracts
import GRPC
import Protobuf
import Testing

@testable import AccountingService

@Suite struct ListJournalTests {
  private typealias Fixture = AccountingFixture
  private typealias Request = Farebox_Accounting_V1_ListJournalRequest

  @Test("an account's entries are listed with their legs and hashes, another's are not")
  func own() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(100, to: "u", key: "1")
      try await fixture.allocate(100, to: "v", key: "2")
      var deduct = Farebox_Accounting_V1_DeductCreditsRequest()
      deduct.idempotencyKey = "3"
      deduct.accountID = "u"
      deduct.amount = .creditMicros(30)
      deduct.sessionID = "s"
      _ = try await fixture.client.deductCredits(deduct, metadata: Fixture.service)
      let page = try await fixture.client.listJournal(.init(), metadata: Fixture.caller("u"))
      #expect(page.entries.map(\.seq) == [1, 3] && page.nextPageToken.isEmpty)
      #expect(page.entries.map(\.kind) == [.allocated, .charged] && page.asOfSeq == 3)
      #expect(page.entries.map(\.actor) == ["admin", "service"])
      #expect(page.entries[1].subjectID == "u3" && page.entries[1].sessionID == "s")
      for entry in page.entries {
        #expect(entry.legs.reduce(0) { $0 + $1.micros } == 0 && entry.legs.count == 2)
        #expect(entry.hash.count == 32 && entry.keyHash.count == 32 && entry.accountID == "u")
      }
      var all = Request()
      all.allAccounts = true
      let auditor = Fixture.caller("auditor")
      let everything = try await fixture.client.listJournal(all, metadata: auditor)
      #expect(everything.entries.map(\.seq) == [1, 2, 3])
      #expect(everything.entries[2].prevHash == everything.entries[1].hash)
      #expect(everything.entries[0].prevHash == [UInt8](repeating: 0, count: 32))
      let asked = all
      let refused = await failure {
        try await fixture.client.listJournal(asked, metadata: Fixture.caller("u"))
      }
      #expect(refused?.code == .permissionDenied)
    }
  }

  @Test("pages join without a gap, and a cursor is good only for what it was given out for")
  func cursors() async throws {
    try await Fixture.run { fixture in
      for number in 0..<7 { try await fixture.allocate(1, to: "u", key: "\(number)") }
      var request = Request()
      request.pageSize = 3
      var seqs: [Int64] = []
      var token = ""
      repeat {
        let page = try await fixture.client.listJournal(request, metadata: Fixture.caller("u"))
        seqs += page.entries.map(\.seq)
        if token.isEmpty { token = page.nextPageToken }
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(seqs == Array(1...7) && token.count == 50)

      var flipped = Array(token.utf8)
      flipped[20] = flipped[20] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
      let forged = [
        "x", "s3", String(decoding: flipped, as: UTF8.self), String(token.dropLast()),
        token + "00", token.uppercased() + "", String(repeating: "0", count: 50),
      ].filter { $0 != token }
      for text in forged { await expectRefused(fixture, "u") { $0.pageToken = text } }
      // The same cursor for another account, other kinds and another method.
      await expectRefused(fixture, "v") { $0.pageToken = token }
      await expectRefused(fixture, "u") {
        $0.pageToken = token
        $0.kinds = [.charged]
      }
      var usage = Farebox_Accounting_V1_ListUsageRequest()
      usage.pageToken = token
      let asked = usage
      let refused = await failure {
        try await fixture.client.listUsage(asked, metadata: Fixture.caller("u"))
      }
      #expect(refused?.field == "page_token")
    }
  }

  private func expectRefused(
    _ fixture: Fixture, _ caller: String, _ edit: (inout Request) -> Void
  ) async {
    var request = Request()
    edit(&request)
    let asked = request
    let refused = await failure {
      try await fixture.client.listJournal(asked, metadata: Fixture.caller(caller))
    }
    #expect(
      refused?.code == .invalidArgument && refused?.field == "page_token", "\(request.pageToken)")
  }

  @Test("unlawful filters are refused by name")
  func filters() async throws {
    try await Fixture.run { fixture in
      let rows: [(field: String, (inout Request) -> Void)] = [
        ("page_size", { $0.pageSize = -1 }), ("page_size", { $0.pageSize = 1001 }),
        ("page_size", { $0.pageSize = .min }), ("kinds", { $0.kinds = [.unspecified] }),
        ("kinds", { $0.kinds = [.UNRECOGNIZED(99)] }),
        (
          "to_time",
          {
            $0.fromTime = Google_Protobuf_Timestamp(.init(microseconds: 5))
            $0.toTime = Google_Protobuf_Timestamp(.init(microseconds: 5))
          }
        ),
        ("from_time", { $0.fromTime = .init(seconds: .max) }),
        (
          "all_accounts",
          {
            $0.allAccounts = true
            $0.accountID = "u"
          }
        ),
      ]
      for (field, edit) in rows {
        var request = Request()
        edit(&request)
        let asked = request
        let refused = await failure {
          try await fixture.client.listJournal(asked, metadata: Fixture.admin)
        }
        #expect(refused?.code == .invalidArgument && refused?.field == field, "\(field)")
      }
    }
  }
}

extension Google_Protobuf_Timestamp {
  fileprivate init(seconds: Int64) {
    self.init()
    self.seconds = seconds
  }
}
