import GRPC

/// Deadlines of one event loop, soonest first: one timer per loop instead of one per call.
///
/// A binary heap of slots with generation counters. Cancelling is O(log n) and leaves nothing
/// behind, so calls that end early (nearly all of them) do not pile up until their deadlines.
/// Not thread safe: one event loop owns it.
///
/// ```
/// heap:  [slot, slot, ...]           ordered by deadline; parent of i is (i - 1) / 2
/// slots: [deadline, heap index, generation, payload]    free slots are chained
/// ```
struct TimerHeap<Payload> {
  /// Names one pending deadline; worthless once it fired or was cancelled.
  struct Token: Sendable, Hashable {
    fileprivate let slot: Int32
    fileprivate let generation: UInt32

    fileprivate init(slot: Int32, generation: UInt32) {
      self.slot = slot
      self.generation = generation
    }

    /// A token from what it was written down as.
    init(bits: UInt64) {
      slot = Int32(truncatingIfNeeded: bits >> 32)
      generation = UInt32(truncatingIfNeeded: bits)
    }

    /// The token in one word, for who must not know what it is.
    var bits: UInt64 {
      UInt64(UInt32(bitPattern: slot)) << 32 | UInt64(generation)
    }
  }

  private struct Slot {
    var deadline: Deadline
    var heapIndex: Int32
    var generation: UInt32
    var payload: Payload?
  }

  private var heap: [Int32] = []
  private var slots: [Slot] = []
  private var free: [Int32] = []

  /// Number of pending deadlines.
  var count: Int { heap.count }

  /// The soonest deadline, nil when none is pending.
  var first: Deadline? { heap.first.map { slots[Int($0)].deadline } }

  /// Adds a deadline.
  mutating func insert(_ deadline: Deadline, _ payload: Payload) -> Token {
    let index = Int32(heap.count)
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      slots[Int(slot)].deadline = deadline
      slots[Int(slot)].heapIndex = index
      slots[Int(slot)].payload = payload
    } else {
      slot = Int32(slots.count)
      slots.append(Slot(deadline: deadline, heapIndex: index, generation: 0, payload: payload))
    }
    heap.append(slot)
    siftUp(Int(index))
    return Token(slot: slot, generation: slots[Int(slot)].generation)
  }

  /// Removes a deadline; does nothing when it fired or was cancelled before.
  mutating func cancel(_ token: Token) {
    let slot = Int(token.slot)
    guard slot < slots.count, slots[slot].generation == token.generation,
      slots[slot].payload != nil
    else { return }
    remove(at: Int(slots[slot].heapIndex))
  }

  /// Removes and returns one deadline that is not after `now`, the soonest; nil when there is none.
  mutating func popDue(_ now: Deadline) -> Payload? {
    guard let root = heap.first, slots[Int(root)].deadline <= now else { return nil }
    let payload = slots[Int(root)].payload
    remove(at: 0)
    return payload
  }

  private mutating func remove(at index: Int) {
    let slot = heap[index]
    let last = heap.removeLast()
    if last != slot {
      place(last, at: index)
      siftUp(index)
      siftDown(Int(slots[Int(last)].heapIndex))
    }
    slots[Int(slot)].payload = nil
    slots[Int(slot)].generation &+= 1
    free.append(slot)
  }

  private mutating func place(_ slot: Int32, at index: Int) {
    heap[index] = slot
    slots[Int(slot)].heapIndex = Int32(index)
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    let slot = heap[index]
    let deadline = slots[Int(slot)].deadline
    while index > 0 {
      let parent = (index - 1) / 2
      guard deadline < slots[Int(heap[parent])].deadline else { break }
      place(heap[parent], at: index)
      index = parent
    }
    place(slot, at: index)
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    let slot = heap[index]
    let deadline = slots[Int(slot)].deadline
    while true {
      var child = 2 * index + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count,
        slots[Int(heap[child + 1])].deadline < slots[Int(heap[child])].deadline
      {
        child += 1
      }
      guard slots[Int(heap[child])].deadline < deadline else { break }
      place(heap[child], at: index)
      index = child
    }
    place(slot, at: index)
  }
}
