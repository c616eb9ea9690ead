/// Names a value that interceptors hand to handlers, for example the verified principal.
public protocol ContextKey {
  associatedtype Value: Sendable
}

/// Values by key type. There are few, nearly always one: that one needs no array.
public struct ContextValues: Sendable {
  private struct Entry: Sendable {
    let key: ObjectIdentifier
    let value: any Sendable
  }

  private var first: Entry?
  /// Empty unless there is a first one.
  private var others: [Entry] = []

  public init() {}

  /// The value under a key; nil removes it.
  public subscript<Key: ContextKey>(_ key: Key.Type) -> Key.Value? {
    get {
      let wanted = ObjectIdentifier(key)
      guard let first else { return nil }
      if first.key == wanted { return first.value as? Key.Value }
      return others.first { $0.key == wanted }?.value as? Key.Value
    }
    set { set(newValue, ObjectIdentifier(key)) }
  }

  private mutating func set(_ value: (any Sendable)?, _ key: ObjectIdentifier) {
    let entry = value.map { Entry(key: key, value: $0) }
    if first == nil || first?.key == key {
      first = entry
      if entry == nil { first = others.popLast() }
      return
    }
    others.removeAll { $0.key == key }
    if let entry { others.append(entry) }
  }
}
