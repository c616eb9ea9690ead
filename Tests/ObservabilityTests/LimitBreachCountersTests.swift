import GRPC
import Testing

@testable import Observability

@Suite("Counters of limits")
struct LimitBreachCountersTests {
  @Test("count each limit by itself")
  func counts() {
    let recorder = MetricsRecorder()
    let counters = LimitBreachCounters(factory: recorder)
    for breach in LimitBreach.allCases { counters.count(breach) }
    counters.count(.rapidResets)
    for breach in LimitBreach.allCases {
      let name = "rpc.server.limit.breached{limit=\(breach.rawValue)}"
      #expect(recorder.values(name) == (breach == .rapidResets ? [1, 1] : [1]))
    }
  }
}
