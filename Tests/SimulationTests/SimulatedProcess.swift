import AccountingService
import Contracts
import GRPC
import Identity
import Interceptors
import Ledger
import Webhooks

/// One life of the accounting process: the real ledger and the real service, on what is simulated
/// around them.
///
/// Unchecked: it belongs to the simulation's thread.
final class SimulatedProcess: @unchecked Sendable {
  let number: Int
  private(set) var isDead = false
  /// Whether it takes new connections.
  private(set) var isOpen = true
  private(set) var routes: RoutingTable?
  private(set) var ledger: CreditLedger?
  private var connections: [SimulatedConnection] = []
  private var sweeper: Task<Void, Never>?
  private var deliverer: Task<Void, Never>?
  private unowned let world: World

  init(_ number: Int, _ world: World) {
    self.number = number
    self.world = world
  }

  /// Opens the ledger on what the disk holds, and the doors.
  func start() throws(StoreError) {
    let simulator = world.simulator
    // Few accounts in memory, some of them packed, and short queues: all at their limits at times.
    let ledger = try CreditLedger(
      store: SimulatedStore(self, world), clock: world.clock,
      configuration: CreditLedger.Configuration(
        waitingCommandsMax: Int.random(in: 1...8, using: &simulator.random),
        commandsPerCommitMax: Int.random(in: 1...12, using: &simulator.random),
        accountsInMemoryMax: simulator.random.chance(70)
          ? 3 : Int.random(in: 4...12, using: &simulator.random),
        unpackedAccountsMax: 3,
        recoveryPause: .milliseconds(Int.random(in: 0...1_500, using: &simulator.random))),
      machine: SimulatedMachine(simulator: simulator))
    var router = RPCRouter()
    AccountingAPI(ledger: ledger).registerMethods(with: &router)
    routes = router.freeze(interceptors: [NamedCaller(), AuthorizationInterceptor()])
    self.ledger = ledger
    let pause = Duration.milliseconds(Int.random(in: 500...9_000, using: &simulator.random))
    sweeper = Task(executorPreference: simulator.executor) {
      await ledger.sweepContinuously(every: pause)
    }
    deliverer = Task(executorPreference: simulator.executor) { await self.deliver(ledger) }
  }

  private func deliver(_ ledger: CreditLedger) async {
    let simulator = world.simulator
    let outbox = try? await WebhookOutbox(
      ledger: ledger,
      store: SimulatedWebhookStore(disk: world.webhooks, process: self, world: world),
      poster: world.receiver, clock: world.clock,
      schedule: RetrySchedule { Int64.random(in: $0, using: &simulator.random) },
      configuration: WebhookOutbox.Configuration(pollPause: .seconds(2)),
      onTrouble: { _ in simulator.history.count("webhook: trouble") })
    await outbox?.run()
  }

  func opened(_ connection: SimulatedConnection) {
    connections.removeAll { $0.isOver }
    connections.append(connection)
  }

  /// Takes no new connections, waits for those it has, and closes the ledger.
  func shutDown() async {
    isOpen = false
    for _ in 0..<200 where !isDead && connections.contains(where: { !$0.isOver }) {
      await world.simulator.sleep(for: .milliseconds(20))
    }
    sweeper?.cancel()
    deliverer?.cancel()
    await sweeper?.value
    await deliverer?.value
    for connection in connections { connection.serverEnds() }
    try? await ledger?.shutDown()
    isDead = true
  }

  /// Is gone, at once. What of it still runs reaches nobody and nothing: the disk and the network
  /// do not know it any more.
  func die() {
    isDead = true
    isOpen = false
    sweeper?.cancel()
    deliverer?.cancel()
    for connection in connections { connection.serverEnds() }
    connections = []
    guard let ledger else { return }
    // Only so that nobody waits for ever.
    Task(executorPreference: world.simulator.executor) { try? await ledger.shutDown() }
  }
}

/// Believes the `x-caller` metadata: who is called an intruder has no role but that of a user.
private struct NamedCaller: ServerInterceptor {
  func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    let name = context.metadata.firstString(forKey: "x-caller") ?? ""
    let principal = Principal(
      subject: name, username: name,
      roles: name == "intruder" ? [.user] : [.admin, .service, .auditor, .user], tokenID: "t",
      expiresAt: .max)
    try await next(context.authenticated(as: principal))
  }
}
