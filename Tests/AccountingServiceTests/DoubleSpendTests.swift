import Contracts
import Foundation
import GRPC
import GRPCServices
import GRPCTransport
import Ledger
import LedgerConformance
import Logging
import StorageSQLite
import Testing

/// 64 clients, each with its own connection, spend at once what is enough for some of them.
@Suite("Nothing is spent twice")
struct DoubleSpendTests {
  private typealias Fixture = AccountingFixture
  private typealias Client = Farebox_Accounting_V1_AccountingService.Client

  private static let clientCount = 64
  private static let unit: Int64 = 7

  @Test("by 64 clients on a balance of exactly K units, 150 rounds in memory")
  func inMemory() async throws {
    try await Fixture.run { try await race($0, rounds: 150) }
  }

  @Test("by 64 clients on a balance of exactly K units, 50 rounds on SQLite")
  func onDisk() async throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("farebox-race-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try SQLiteLedgerStore(directory: try DataDirectory(path: folder.path))
    try await Fixture.run(store: store) { try await race($0, rounds: 50) }
  }

  private func race(_ fixture: AccountingFixture, rounds: Int) async throws {
    let seed = CampaignSize.firstSeed
    print("double spend: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let transports = (0..<Self.clientCount).map { _ in
      HTTP2ClientTransport(
        target: .tcp(host: "127.0.0.1", port: fixture.port), logger: Logger(label: "test"))
    }
    let clients = transports.map { Client(wrapping: GRPCClient(transport: $0)) }
    let result: Result<Void, any Error>
    do {
      for round in 0..<rounds {
        // Also nobody, and everybody but one.
        let winners = Int.random(in: 0..<Self.clientCount, using: &random)
        try await race(fixture, clients, round: round, winners: winners)
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    for transport in transports { await transport.shutdown() }
    try result.get()
    let report = try await fixture.client.verifyLedger(.init(), metadata: Fixture.admin)
    #expect(report.intact && report.firstBreak == nil)
  }

  private func race(
    _ fixture: AccountingFixture, _ clients: [Client], round: Int, winners: Int
  ) async throws {
    let account = "race-\(round)"
    // What is left over is less than a unit: nobody can have it.
    let rest = winners == 0 ? 1 : Int64(round) % Self.unit
    try await fixture.allocate(Int64(winners) * Self.unit + rest, to: account, key: account)
    let outcomes = await withTaskGroup(of: String.self) { group in
      for (number, client) in clients.enumerated() {
        group.addTask {
          let key = "\(account)-\(number)"
          do {
            if (number + round) % 2 == 0 {
              try await Self.deduct(client, account, key)
            } else {
              try await Self.holdAndSettle(client, account, key)
            }
            return "won"
          } catch {
            return RPCError(wrapping: error).errorInfo?.reason ?? "\(error)"
          }
        }
      }
      return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    }
    var expected = ["INSUFFICIENT_CREDITS": Self.clientCount - winners]
    if winners > 0 { expected["won"] = winners }
    #expect(outcomes == expected, "round \(round)")
    var request = Farebox_Accounting_V1_GetBalanceRequest()
    request.accountID = account
    let balance = try await fixture.client.getBalance(request, metadata: Fixture.admin).balance
    #expect(balance?.availableMicros ?? -1 < Self.unit, "round \(round)")
    #expect(balance?.heldMicros == 0 && balance?.debtMicros == 0, "round \(round)")
  }

  private static func deduct(_ client: Client, _ account: String, _ key: String) async throws {
    var request = Farebox_Accounting_V1_DeductCreditsRequest()
    request.idempotencyKey = key
    request.accountID = account
    request.amount = .creditMicros(unit)
    request.overPolicy = .reject
    let answer = try await client.deductCredits(request, metadata: Fixture.service)
    guard answer.usage?.chargedMicros == unit else { throw Breach("charged otherwise") }
  }

  private static func holdAndSettle(
    _ client: Client, _ account: String, _ key: String
  ) async throws {
    var request = Farebox_Accounting_V1_OpenHoldRequest()
    request.idempotencyKey = key
    request.accountID = account
    request.amount = .creditMicros(unit)
    let opened = try await client.openHold(request, metadata: Fixture.service)
    var settle = Farebox_Accounting_V1_SettleHoldRequest()
    settle.idempotencyKey = key
    settle.holdID = opened.hold?.holdID ?? ""
    settle.amount = .creditMicros(unit)
    settle.outcome = .complete
    let answer = try await client.settleHold(settle, metadata: Fixture.service)
    guard answer.usage?.chargedMicros == unit else { throw Breach("charged otherwise") }
  }
}
