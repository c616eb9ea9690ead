import Synchronization

/// Waits for the verdicts on several commands.
final class Gathering: Sendable {
  private struct State {
    var verdicts: [Verdict?]
    var missing: Int
  }

  private let state: Mutex<State>
  private let continuation: CheckedContinuation<[Verdict], Never>

  init(count: Int, _ continuation: CheckedContinuation<[Verdict], Never>) {
    state = Mutex(State(verdicts: Array(repeating: nil, count: count), missing: count))
    self.continuation = continuation
  }

  func put(_ verdict: Verdict, at place: Int) {
    let all = state.withLock { state -> [Verdict]? in
      precondition(state.verdicts[place] == nil, "a command with two verdicts")
      state.verdicts[place] = verdict
      state.missing -= 1
      return state.missing == 0 ? state.verdicts.compactMap { $0 } : nil
    }
    if let all { continuation.resume(returning: all) }
  }
}
