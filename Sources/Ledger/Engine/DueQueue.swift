/// Which accounts something is due for, soonest first: a binary heap.
///
/// An account is in it at most a few times: it is put in again only for an earlier instant than the
/// one that it waits for (``Account/sweepAt``).
struct DueQueue {
  private typealias Entry = (time: LedgerTime, account: AccountID)

  private var heap: [Entry] = []

  /// Puts an account in.
  mutating func push(_ account: AccountID, at time: LedgerTime) {
    heap.append((time, account))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].time < heap[parent].time else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out the first account whose instant is not after `time`.
  mutating func pop(upTo time: LedgerTime) -> AccountID? {
    guard let first = heap.first, first.time <= time else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first.account }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].time < heap[least].time { least = child }
      }
      guard least != parent else { return first.account }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
