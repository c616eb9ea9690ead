import Dispatch
import Synchronization

/// What the thread sanitizer must and must not report: `race` has a race, `lock` has none.
final class Shared: @unchecked Sendable {
  var unguarded = 0
  let guarded = Mutex<[Int]>([])
  let arrived = Atomic(0)
}

let shared = Shared()
let hasRace = CommandLine.arguments.dropFirst().first == "race"
// A lock must be waited for; of a race, the sanitizer forgets what lies too far back.
let steps = hasRace ? 100 : 100_000
let group = DispatchGroup()
for index in 0..<2 {
  DispatchQueue.global().async(group: group) {
    // Both threads must be there, or there is nothing to see.
    shared.arrived.add(1, ordering: .relaxed)
    while shared.arrived.load(ordering: .relaxed) < 2 {}
    for step in 0..<steps {
      if hasRace {
        shared.unguarded += step
      } else {
        shared.guarded.withLock { $0.append(index + step) }
      }
    }
  }
}
group.wait()
