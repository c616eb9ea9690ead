import Synchronization
import Testing

/// Lets some tests run at once, and the others wait their turn.
///
/// All tests of a target begin at once otherwise. Hundreds that talk over connections then wait for
/// each other at every step, on a busy machine for longer than the deadlines that they test.
struct FewAtOnce: TestTrait, SuiteTrait, TestScoping {
  /// Enough to keep a small machine busy while some of them wait for a time to pass.
  private static let places = Places(8)

  let isRecursive = true

  func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
    testCase == nil ? nil : self
  }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    await Self.places.take()
    defer { Self.places.giveBack() }
    try await body()
  }

  /// Those who wait get the places in their order.
  private final class Places: Sendable {
    private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

    init(_ count: Int) {
      state = Mutex((count, []))
    }

    func take() async {
      await withCheckedContinuation { continuation in
        let isFree = state.withLock { state in
          guard state.free > 0 else {
            state.waiting.append(continuation)
            return false
          }
          state.free -= 1
          return true
        }
        if isFree { continuation.resume() }
      }
    }

    func giveBack() {
      let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
        guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
        state.free += 1
        return nil
      }
      next?.resume()
    }
  }
}

extension Trait where Self == FewAtOnce {
  /// For suites whose tests wait for what happens on connections.
  static var fewAtOnce: Self { Self() }
}
