/// An account's open holds, in the order in which they were opened.
///
/// A list, because an account has few of them and is copied with each command: a dictionary of
/// three holds takes several times the memory of their list, and the time to fill it.
public struct OpenHolds: Sendable {
  private var holds: [Hold] = []

  /// No holds.
  public init() {}

  /// Takes holds in any order, each of which must have an id of its own.
  public init(_ holds: some Sequence<Hold>) {
    self.holds = holds.sorted { $0.id < $1.id }
    for (hold, next) in zip(self.holds, self.holds.dropFirst()) {
      precondition(hold.id < next.id, "one hold twice")
    }
  }

  /// The hold of an id; nil when none of them has it. To set nil takes the hold away.
  public subscript(id: HoldID) -> Hold? {
    get {
      let place = place(of: id)
      return has(id, at: place) ? holds[place] : nil
    }
    set {
      precondition(newValue == nil || newValue?.id == id, "a hold under another one's id")
      let place = place(of: id)
      switch (newValue, has(id, at: place)) {
      case (let hold?, true): holds[place] = hold
      case (let hold?, false): holds.insert(hold, at: place)
      case (nil, true): holds.remove(at: place)
      case (nil, false): break
      }
    }
  }

  /// Takes a hold away and returns it; nil when it is not among them.
  mutating func remove(_ id: HoldID) -> Hold? {
    let place = place(of: id)
    return has(id, at: place) ? holds.remove(at: place) : nil
  }

  private func has(_ id: HoldID, at place: Int) -> Bool {
    place < holds.count && holds[place].id == id
  }

  /// Where the hold is, or would be.
  private func place(of id: HoldID) -> Int {
    // New ones come last.
    guard let last = holds.last, id <= last.id else { return holds.count }
    var range = 0..<holds.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      if holds[middle].id < id {
        range = (middle + 1)..<range.upperBound
      } else {
        range = range.lowerBound..<middle
      }
    }
    return range.lowerBound
  }
}

extension OpenHolds: RandomAccessCollection {
  public var startIndex: Int { holds.startIndex }
  public var endIndex: Int { holds.endIndex }
  public subscript(place: Int) -> Hold { holds[place] }
}
