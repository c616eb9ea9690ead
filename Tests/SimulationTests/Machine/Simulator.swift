import LedgerConformance

/// The one thread of a simulation: whatever happens, happens here, one thing after the other.
///
/// ```
///   jobs of tasks (SimulatedExecutor) ──┐
///   heads of queues (SimulatedQueue)  ──┼── chance ──▶ one step
///   timeline ── nothing else is ready ──┘   the clock moves to the event
/// ```
/// A thread that blocks is played by ``block(for:while:)``: the others go on inside it.
///
/// Unchecked: everything belongs to the thread that made it, which the executor watches.
final class Simulator: @unchecked Sendable {
  /// More steps than any history needs: beyond, somebody goes round in circles.
  private static let stepsMax = 400_000
  /// How often, in percent, time moves on although something is ready: processors are slow, too.
  private static let slowPercent = 3
  /// How far time moves then, at most.
  private static let slowNanoseconds: Int64 = 2_000_000

  let executor = SimulatedExecutor()
  var random: SeededGenerator
  var history = History()
  /// The monotonic clock.
  private(set) var nanoseconds: Int64 = 1_000_000_000_000
  private(set) var steps = 0
  /// What ended the simulation; everything stops where it is.
  private(set) var failure: Breach?
  private var queues: [SimulatedQueue] = []
  private var timeline = Timeline()

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  /// Writes a line of the history.
  func note(_ text: @autoclosure () -> String) {
    history.note("\(nanoseconds / 1_000) \(text())")
  }

  /// Ends the simulation.
  func fail(_ text: String) {
    guard failure == nil else { return }
    note("FAILED \(text)")
    failure = Breach(text)
  }

  /// Does `work` when so much time has passed.
  func after(_ pause: Duration, _ work: @escaping () -> Void) {
    timeline.add(nanoseconds + max(0, pause.wholeNanoseconds), work)
  }

  /// Runs until `isDone`. Throws what went wrong.
  func run(until isDone: () -> Bool) throws {
    while !isDone() {
      if let failure { throw failure }
      guard step() else { throw Breach("nothing is left to do, and somebody still waits") }
      guard steps < Self.stepsMax else { throw Breach("\(steps) steps, and no end") }
    }
    if let failure { throw failure }
  }

  /// Runs what is ready, without letting time pass. For what is left over at the end.
  func drain() {
    while executor.readyCount > 0 || queues.contains(where: { !$0.isBusy }) {
      steps += 1
      runSomethingReady()
    }
  }

  /// Forgets what was to happen.
  func clear() {
    timeline = Timeline()
    queues = []
  }

  /// Plays a thread that blocks for a while, or as long as it is to live: the others go on.
  func block(for pause: Duration, while isAlive: () -> Bool) {
    let end = nanoseconds + pause.wholeNanoseconds
    timeline.add(end) {}
    block { self.nanoseconds < end && isAlive() }
  }

  /// The same until something has happened.
  func block(while isWaiting: () -> Bool) {
    while isWaiting(), failure == nil, steps < Self.stepsMax {
      guard step() else { return }
    }
  }

  private func step() -> Bool {
    steps += 1
    let isReady = executor.readyCount > 0 || queues.contains { !$0.isBusy }
    if isReady {
      guard random.chance(Self.slowPercent), let next = timeline.nextTime,
        next - nanoseconds <= Self.slowNanoseconds
      else {
        runSomethingReady()
        return true
      }
    }
    guard let event = timeline.popFirst() else { return false }
    nanoseconds = max(nanoseconds, event.time)
    event.work()
    return true
  }

  private func runSomethingReady() {
    let jobs = executor.readyCount
    let heads = queues.indices.filter { !queues[$0].isBusy }
    let choice = Int.random(in: 0..<jobs + heads.count, using: &random)
    guard choice >= jobs else { return executor.run(jobAt: choice) }
    let queue = queues[heads[choice - jobs]]
    queue.runHead()
    if queue.isEmpty { queues.removeAll { $0 === queue } }
  }

  func hasWork(_ queue: SimulatedQueue) {
    if !queues.contains(where: { $0 === queue }) { queues.append(queue) }
  }
}

/// What is to happen when, in order; at the same time in the order in which it was added.
struct Timeline {
  struct Event {
    let time: Int64
    let number: Int
    let work: () -> Void

    static func < (left: Event, right: Event) -> Bool {
      (left.time, left.number) < (right.time, right.number)
    }
  }

  private var heap: [Event] = []
  private var count = 0

  var nextTime: Int64? { heap.first?.time }

  mutating func add(_ time: Int64, _ work: @escaping () -> Void) {
    count += 1
    heap.append(Event(time: time, number: count, work: work))
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Event? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [parent * 2 + 1, parent * 2 + 2] where child < heap.count {
        if heap[child] < heap[least] { least = child }
      }
      if least == parent { return first }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}

extension Duration {
  /// Nanoseconds, as far as 64 bits hold them.
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return Int64(clamping: Int128(seconds) * 1_000_000_000 + Int128(attoseconds / 1_000_000_000))
  }
}
