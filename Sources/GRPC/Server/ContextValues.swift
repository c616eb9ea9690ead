/// Names a value that interceptors hand to handlers, for example the verified principal.
public protocol ContextKey {
  associatedtype Value: Sendable
}

/// Values by key type. There are few, nearly always one: that one needs no array.
///
/// Copied for every interceptor: so each value is an object, which is found without a cast.
public struct ContextValues: Sendable {
  private class Entry: @unchecked Sendable {
    let key: ObjectIdentifier

    init(key: ObjectIdentifier) { self.key = key }
  }

  /// Unchecked, as above: holds nothing but what may be sent, and never changes.
  private final class EntryOf<Value: Sendable>: Entry, @unchecked Sendable {
    let value: Value

    init(key: ObjectIdentifier, _ value: Value) {
      self.value = value
      super.init(key: key)
    }
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
      let found = first.key == wanted ? first : others.first { $0.key == wanted }
      // What stands under a key was put there as its value.
      return found.map { unsafeDowncast($0, to: EntryOf<Key.Value>.self).value }
    }
    set {
      let key = ObjectIdentifier(key)
      set(newValue.map { EntryOf(key: key, $0) }, key)
    }
  }

  private mutating func set(_ entry: Entry?, _ key: ObjectIdentifier) {
    if first == nil || first?.key == key {
      first = entry
      if entry == nil { first = others.popLast() }
      return
    }
    others.removeAll { $0.key == key }
    if let entry { others.append(entry) }
  }
}
