import Contracts
import GRPC
import Testing

@testable import AccountingService

@Suite struct WatchBalanceTests {
  private typealias Fixture = AccountingFixture

  @Test("a watcher sees the balance, then its changes, and resumes behind what it knows")
  func follows() async throws {
    try await Fixture.run { fixture in
      var request = Farebox_Accounting_V1_WatchBalanceRequest()
      let user = Fixture.caller("u")
      let watch = fixture.client.watchBalance(request, metadata: user)
      var stream = watch.responses.makeAsyncIterator()
      let first = try await stream.next()
      #expect(first?.seq == 0 && first?.balance?.availableMicros == 0)
      try await fixture.allocate(5, to: "u", key: "1")
      let second = try await stream.next()
      #expect(second?.seq == 1 && second?.balance?.availableMicros == 5)
      #expect(second?.events == [.allocated] && second?.balance?.accountID == "u")
      try await fixture.allocate(7, to: "u", key: "2")
      request.fromSeq = 1
      let later = fixture.client.watchBalance(request, metadata: user)
      var resumed = later.responses.makeAsyncIterator()
      #expect(try await resumed.next()?.balance?.availableMicros == 12)
    }
  }

  @Test("a place that the journal does not have, and another's account, are refused")
  func refusals() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(5, to: "u", key: "1")
      for seq in [-1, 2, .min, .max] as [Int64] {
        var request = Farebox_Accounting_V1_WatchBalanceRequest()
        request.fromSeq = seq
        let asked = request
        let refused = await failure {
          let watch = fixture.client.watchBalance(asked, metadata: Fixture.caller("u"))
          for try await _ in watch.responses {}
        }
        #expect(refused?.code == .invalidArgument && refused?.field == "from_seq", "\(seq)")
      }
      var request = Farebox_Accounting_V1_WatchBalanceRequest()
      request.accountID = "u"
      let asked = request
      for (caller, code) in [("v", Status.Code.permissionDenied), ("auditor", .permissionDenied)] {
        let refused = await failure {
          let watch = fixture.client.watchBalance(asked, metadata: Fixture.caller(caller))
          for try await _ in watch.responses {}
        }
        #expect(refused?.code == code)
      }
    }
  }
}
