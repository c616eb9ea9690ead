import Ledger
import Synchronization

/// Many random lists, several at a time. What fails is made short and told as a list to paste.
public struct Campaign: Sendable {
  /// Makes an empty store, and gives the way to open it.
  public typealias Fresh = @Sendable () throws -> () throws -> any LedgerStore

  private let firstSeed: UInt64
  private let listCount: Int
  private let commandCount: Int
  private let restartPercent: Int
  private let fresh: Fresh
  /// Changes what the ledger is sent, to see that the comparison notices.
  private let tamper: @Sendable (Command) -> Command

  public init(
    firstSeed: UInt64, listCount: Int, commandCount: Int = 200, restartPercent: Int = 2,
    fresh: @escaping Fresh, tamper: @escaping @Sendable (Command) -> Command = { $0 }
  ) {
    precondition(listCount > 0)
    self.firstSeed = firstSeed
    self.listCount = listCount
    self.commandCount = commandCount
    self.restartPercent = restartPercent
    self.fresh = fresh
    self.tamper = tamper
  }

  /// Runs the lists and returns what they reached. Throws the first ``Breach``, made short.
  public func run(width: Int = 4, progress: (@Sendable (Int) -> Void)? = nil) async throws
    -> Coverage
  {
    let queue = Queue(count: listCount)
    return try await withThrowingTaskGroup(of: Coverage.self) { group in
      for _ in 0..<width {
        group.addTask {
          var coverage = Coverage()
          while !Task.isCancelled, let number = queue.next() {
            coverage.merge(try await runOne(firstSeed &+ UInt64(number)))
            progress?(number + 1)
          }
          return coverage
        }
      }
      var all = Coverage()
      for try await part in group { all.merge(part) }
      return all
    }
  }

  /// Hands out the lists' numbers.
  private final class Queue: Sendable {
    private let count: Int
    private let given = Atomic(0)

    init(count: Int) { self.count = count }

    func next() -> Int? {
      let number = given.wrappingAdd(1, ordering: .relaxed).oldValue
      return number < count ? number : nil
    }
  }

  private func runOne(_ seed: UInt64) async throws -> Coverage {
    var history = RandomHistory(
      seed: seed, commandCount: seed % 200 == 199 ? 40 : commandCount,
      restartPercent: restartPercent)
    history.tamper = tamper
    do {
      try await history.run(open: try fresh())
    } catch let breach as Breach {
      guard CampaignSize.isShortened else { throw Breach("seed \(seed): \(breach)") }
      let (steps, last) = await shortened(history.steps, breach)
      throw Breach(
        "seed \(seed), \(history.steps.count) steps: \(breach)\n\nthe same in \(steps.count) "
          + "steps: \(last)\n\nlet steps: [Step] = \(SwiftText.list(steps))")
    }
    return history.coverage
  }

  /// Strikes whatever is not needed for a failure: halves of the list, quarters, … single steps.
  func shortened(_ failing: [Step], _ breach: Breach) async -> (steps: [Step], breach: Breach) {
    var steps = failing
    var last = breach
    var size = steps.count / 2
    var runsLeft = 2_000
    while size > 0, runsLeft > 0 {
      var start = 0
      var hasShrunk = false
      while start < steps.count, runsLeft > 0 {
        var fewer = steps
        fewer.removeSubrange(start..<min(start + size, steps.count))
        runsLeft -= 1
        if let breach = await failure(of: fewer) {
          (steps, last) = (fewer, breach)
          hasShrunk = true
        } else {
          start += size
        }
      }
      if !hasShrunk || size > 1 { size /= 2 }
    }
    return (steps, last)
  }

  private func failure(of steps: [Step]) async -> Breach? {
    do {
      try await RandomHistory.replay(steps, tamper: tamper, open: try fresh())
      return nil
    } catch {
      return error as? Breach
    }
  }
}
