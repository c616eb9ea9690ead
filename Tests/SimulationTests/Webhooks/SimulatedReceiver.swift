import Ledger
import Webhooks

/// Whom events are delivered to: takes them, and often does not say so.
///
/// Unchecked: it belongs to the simulation's thread.
final class SimulatedReceiver: WebhookPoster, @unchecked Sendable {
  private unowned let world: World
  private var simulator: Simulator { world.simulator }
  /// How often each event was received.
  private(set) var received: [String: Int] = [:]

  init(_ world: World) { self.world = world }

  func post(_ request: WebhookRequest) async -> AttemptResult {
    let id = request.headers.first { $0.name == "webhook-id" }?.value ?? ""
    await sleep(100...40_000)
    if Task.isCancelled { return .failed("cancelled on the way") }
    received[id, default: 0] += 1
    simulator.history.count(received[id] == 1 ? "webhook: received" : "webhook: received again")
    simulator.note("event \(id) is received")
    await sleep(100...40_000)
    guard !world.isQuiet else { return .answered(status: 200) }
    switch Int.random(in: 0..<10, using: &simulator.random) {
    case 0: return .answered(status: 503)
    case 1: return .answered(status: 400)
    case 2: return .failed("the answer was lost")
    default: return .answered(status: 200)
    }
  }

  private func sleep(_ range: ClosedRange<Int64>) async {
    let micros = Int64.random(in: range, using: &simulator.random)
    await simulator.sleep(for: .microseconds(micros))
  }
}
