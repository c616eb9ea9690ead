import Contracts
import Foundation
import GRPC
import GRPCTransport
import Logging
import NIOPosix

/// Lifecycles of holds over RPC, by the generated client on one event loop.
struct RemoteLoad: Sendable {
  private typealias Client = Farebox_Accounting_V1_AccountingService.Client

  static let model = "bench-model"
  private let shape: LoadShape
  private let callers: LoopCallers
  private let clients: [Client]
  private let transports: [HTTP2ClientTransport]
  private let metadata: Metadata
  /// Sets the keys of this run apart from those of others.
  private let run = String(UInt64.random(in: .min ... .max), radix: 36)
  private let prefix: String

  init(_ options: inout Options) throws(UsageError) {
    guard options.words.count == 1, let (host, port) = Self.address(options.words[0]) else {
      throw UsageError("say HOST:PORT of the accounting service")
    }
    guard let token = options.text("token") else { throw UsageError("--token is required") }
    shape = try LoadShape(&options)
    prefix = options.text("prefix") ?? "bench"
    // A connection takes 100 calls at once.
    let usual = shape.rate == nil ? (shape.callers + 49) / 50 : 8
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    callers = LoopCallers(group.next())
    transports = (0..<(try options.number("connections", usual))).map { _ in
      HTTP2ClientTransport(
        target: .tcp(host: host, port: port), eventLoopGroup: group,
        logger: Logger(label: "bench-ledger"))
    }
    clients = transports.map { Client(wrapping: GRPCClient(transport: $0)) }
    var metadata = Metadata()
    metadata.addString("Bearer \(token)", forKey: "authorization")
    self.metadata = metadata
  }

  private static func address(_ text: String) -> (host: String, port: Int)? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1]) else { return nil }
    return (String(parts[0]), port)
  }

  func figures() async throws -> [String: Any] {
    try await prepare()
    let log = await shape.measure(by: callers) { number, log in await lifecycle(number, log) }
    for transport in transports { await transport.shutdown() }
    return log.figures
  }

  /// Puts a price and grants credit; another run with this prefix repeats the same calls, so that
  /// an account has one grant however often it was measured.
  private func prepare() async throws {
    var price = Farebox_Accounting_V1_PutPriceRequest()
    price.idempotencyKey = "\(prefix)-price"
    var rates = Farebox_Accounting_V1_Price()
    rates.model = Self.model
    rates.outputMicrosPerMillion = 15_000_000
    price.price = rates
    _ = try await clients[0].putPrice(price, metadata: metadata, options: .defaults)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let granters = min(64, shape.accounts)
      for first in 0..<granters {
        group.addTask {
          for number in stride(from: first, to: shape.accounts, by: granters) {
            var grant = Farebox_Accounting_V1_AllocateCreditsRequest()
            grant.idempotencyKey = "\(prefix)-grant-\(number)"
            grant.accountID = account(number)
            grant.amount = .credits(100_000)
            _ = try await clients[number % clients.count].allocateCredits(
              grant, metadata: metadata, options: .defaults)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func account(_ number: Int) -> String { "\(prefix)-\(number)" }

  private func lifecycle(_ number: Int, _ log: LoadLog) async {
    let client = clients[number % clients.count]
    do {
      var open = Farebox_Accounting_V1_OpenHoldRequest()
      open.idempotencyKey = "\(run)-\(number)-open"
      open.accountID = account(Self.scattered(number, shape.accounts))
      open.amount = .usage(Self.tokens(output: 100))
      let opening = ContinuousClock.now
      let opened = try await client.openHold(open, metadata: metadata, options: .defaults)
      log.note(callSince: opening)
      guard let hold = opened.hold else { return log.note(failure: "NO_HOLD") }
      var settle = Farebox_Accounting_V1_SettleHoldRequest()
      settle.idempotencyKey = "\(run)-\(number)-settle"
      settle.holdID = hold.holdID
      settle.amount = .usage(Self.tokens(output: 60))
      settle.outcome = .complete
      let settling = ContinuousClock.now
      let settled = try await client.settleHold(settle, metadata: metadata, options: .defaults)
      log.note(callSince: settling)
      guard settled.usage?.chargedMicros == 900 else { return log.note(failure: "WRONG_CHARGE") }
    } catch let error as RPCError {
      log.note(failure: "\(error.code)")
    } catch {
      log.note(failure: "\(error)")
    }
  }

  private static func tokens(output: Int64) -> Farebox_Accounting_V1_TokenUsage {
    var usage = Farebox_Accounting_V1_TokenUsage()
    usage.model = model
    usage.outputTokens = output
    return usage
  }

  /// Visits the accounts in an order without pattern.
  static func scattered(_ number: Int, _ count: Int) -> Int {
    var mixed = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
    mixed ^= mixed >> 29
    mixed = mixed &* 0xBF58_476D_1CE4_E5B9
    return Int((mixed >> 32) % UInt64(count))
  }
}
