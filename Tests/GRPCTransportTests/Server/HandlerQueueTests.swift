import Testing

@testable import GRPCTransport

@Suite("The line of handlers that wait for their turn")
struct HandlerQueueTests {
  private final class Call {
    let number: Int
    var hasGone = false
    init(_ number: Int) { self.number = number }
  }

  @Test("lets so many begin, and then one for each that returns, in the order of coming")
  func order() {
    var queue = HandlerQueue<Int>(runningMax: 2)
    for number in 0..<5 {
      if queue.hasRoom { queue.began() } else { queue.append(number) }
    }
    #expect(queue.running == 2 && queue.count == 3)
    #expect(queue.next() == nil)
    queue.returned(after: 1)
    #expect(!queue.hasRoom, "a newcomer goes behind those who wait")
    #expect(queue.next() == 2)
    queue.began()
    #expect(queue.next() == nil)
    queue.returned(after: 1)
    queue.returned(after: 1)
    #expect(queue.next() == 3)
    #expect(queue.next() == 4, "a handler that finished at once takes no room")
    #expect(queue.next() == nil && queue.isEmpty && queue.hasRoom)
  }

  @Test("agrees with a plain list, whoever comes, goes and has his turn")
  func model() {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededRandom(seed: seed)
    var queue = HandlerQueue<Call>(runningMax: 1)
    var waiting: [Call] = []
    for step in 0..<50_000 {
      switch random.next() % 4 {
      case 0, 1:
        let call = Call(step)
        queue.append(call)
        waiting.append(call)
      case 2:
        guard let gone = waiting.randomElement(using: &random) else { continue }
        gone.hasGone = true
        waiting.removeAll { $0 === gone }
        queue.left { $0.hasGone }
      default:
        var next = queue.next()
        while let call = next, call.hasGone { next = queue.next() }
        #expect(next === waiting.first, "seed \(seed) step \(step)")
        if !waiting.isEmpty { waiting.removeFirst() }
      }
      #expect(queue.count <= 2 * waiting.count + 130, "seed \(seed) step \(step)")
      if step % 5000 == 0 {
        for call in waiting {
          call.hasGone = true
          queue.left { $0.hasGone }
        }
        waiting = []
      }
    }
  }

  @Test("judges by what handlers took of late", arguments: [
    ([], 0, false), ([100], 399, true), ([100], 400, false), ([100], .max, false),
    ([100], -1, true), ([.max], 1 << 60, true), ([800, 0], 2799, true), ([800, 0], 2800, false),
  ] as [([Int64], Int64, Bool)])
  func hopeless(took: [Int64], left: Int64, isHopeless: Bool) {
    var queue = HandlerQueue<Int>(runningMax: 1)
    for nanoseconds in took {
      queue.began()
      queue.returned(after: nanoseconds)
    }
    #expect(queue.isHopeless(nanosecondsLeft: left) == isHopeless)
  }
}
