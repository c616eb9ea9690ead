/// One entry of a map field.
public struct DynamicMapEntry: Sendable, Hashable {
  /// An integer, a boolean or a string.
  public var key: DynamicValue
  /// Anything but a list or a map.
  public var value: DynamicValue

  /// Makes an entry.
  public init(key: DynamicValue, value: DynamicValue) {
    self.key = key
    self.value = value
  }

  /// Drops all but the last entry of each key, in the order of their first appearance.
  static func lastWins(_ entries: [DynamicMapEntry]) -> [DynamicMapEntry] {
    var places: [KeyIdentity: Int] = [:]
    var result: [DynamicMapEntry] = []
    for entry in entries {
      let key = KeyIdentity(entry.key)
      if let place = places[key] {
        result[place] = entry
      } else {
        places[key] = result.count
        result.append(entry)
      }
    }
    return result
  }

  /// A key compared by value, strings byte by byte.
  private enum KeyIdentity: Hashable {
    case text(ExactString)
    case other(DynamicValue)

    init(_ key: DynamicValue) {
      if case .string(let text) = key {
        self = .text(ExactString(text))
      } else {
        self = .other(key)
      }
    }
  }
}
