/// Elements that take turns. Beginning anywhere is fair only when not everybody begins with the
/// first: the caller chooses where.
struct Rotation<Element: AnyObject> {
  private(set) var elements: [Element] = []
  private var index = 0

  init(startingAt index: Int = 0) { self.index = max(index, 0) }

  var isEmpty: Bool { elements.isEmpty }

  mutating func append(_ element: Element) {
    elements.append(element)
  }

  /// Does nothing when the element is not there.
  mutating func remove(_ element: Element) {
    guard let place = elements.firstIndex(where: { $0 === element }) else { return }
    elements.remove(at: place)
    // The one after it moves up: its turn must not be skipped.
    if place < index { index -= 1 }
  }

  /// The next element that can be used, nil when none can.
  mutating func next(where isUsable: (Element) -> Bool) -> Element? {
    if elements.count == 1 { return isUsable(elements[0]) ? elements[0] : nil }
    for _ in 0..<elements.count {
      if index >= elements.count { index %= elements.count }
      let element = elements[index]
      index += 1
      if isUsable(element) { return element }
    }
    return nil
  }
}
