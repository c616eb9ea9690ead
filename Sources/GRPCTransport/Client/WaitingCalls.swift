/// Calls that wait for a connection or for a free stream, first come first served.
///
/// A call that ends while it waits (deadline, cancellation) stays as a hole; holes are swept when
/// they are the majority, so that a server that never answers does not collect dead calls.
/// Not thread safe: the event loop owns it.
struct WaitingCalls {
  private var calls: [ClientCall] = []
  private var start = 0
  private var holes = 0

  /// Number of calls that still wait.
  var count: Int { calls.count - start - holes }

  /// Adds a call at the end.
  mutating func append(_ call: ClientCall) {
    call.isQueued = true
    calls.append(call)
  }

  /// Says that one waiting call has ended.
  mutating func noteEnded() {
    holes += 1
    if holes > 32, holes > (calls.count - start) / 2 {
      calls = calls[start...].filter(\.isQueued)
      start = 0
      holes = 0
    }
  }

  /// Takes the first call that still waits; nil when there is none.
  mutating func popFirst() -> ClientCall? {
    while start < calls.count {
      let call = calls[start]
      start += 1
      if start > 64, start > calls.count / 2 {
        calls.removeFirst(start)
        start = 0
      }
      if call.isQueued {
        call.isQueued = false
        return call
      }
      holes -= 1
    }
    calls.removeAll(keepingCapacity: true)
    start = 0
    return nil
  }

  /// Takes all calls that still wait and satisfy the condition.
  mutating func removeAll(where condition: (ClientCall) -> Bool) -> [ClientCall] {
    let live = calls[start...].filter(\.isQueued)
    calls = live.filter { !condition($0) }
    start = 0
    holes = 0
    let removed = live.filter(condition)
    for call in removed { call.isQueued = false }
    return removed
  }
}
