import GRPC
import Testing

@testable import GRPCTransport

@Suite("The timer heap")
struct TimerHeapTests {
  @Test("agrees with a plain list under random inserts, cancels and pops")
  func model() {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededRandom(seed: seed)
    var heap = TimerHeap<Int>()
    var model: [Int: (deadline: Int64, token: TimerHeap<Int>.Token)] = [:]
    var spent: [TimerHeap<Int>.Token] = []
    for step in 0..<20_000 {
      switch random.next() % 5 {
      case 0, 1, 2:
        let deadline = Int64(random.next() % 1000)
        model[step] = (deadline, heap.insert(Deadline(nanoseconds: deadline), step))
      case 3:
        if let (key, entry) = model.randomElement(using: &random) {
          heap.cancel(entry.token)
          spent.append(entry.token)
          model[key] = nil
        }
        if let old = spent.randomElement(using: &random) { heap.cancel(old) }
      default:
        let now = Int64(random.next() % 1000)
        let due = heap.popDue(Deadline(nanoseconds: now))
        let soonest = model.values.map(\.deadline).min()
        if let due, let entry = model[due] {
          #expect(entry.deadline == soonest && entry.deadline <= now, "seed \(seed) step \(step)")
          spent.append(entry.token)
          model[due] = nil
        } else {
          #expect(due == nil && (soonest ?? .max) > now, "seed \(seed) step \(step)")
        }
      }
      #expect(heap.count == model.count, "seed \(seed) step \(step)")
      if model.count > 200 {
        while heap.popDue(Deadline(nanoseconds: .max)) != nil {}
        spent = []
        model = [:]
      }
    }
    #expect(heap.first?.nanoseconds == model.values.map(\.deadline).min(), "seed \(seed)")
  }

  @Test("reconnecting waits longer and longer, within the documented bounds")
  func backoff() {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededRandom(seed: seed)
    var backoff = ReconnectBackoff()
    var base = 1.0
    for _ in 0..<30 {
      let delay = backoff.delayAfterFailure(using: &random) / .seconds(1)
      #expect(delay >= base * 0.799 && delay <= base * 1.201, "seed \(seed)")
      base = min(base * 1.6, 120)
    }
    backoff.reset()
    #expect(backoff.delayAfterFailure(using: &random) < .milliseconds(1201), "seed \(seed)")
  }
}
