/// Names a value that interceptors hand to handlers, for example the verified principal.
public protocol ContextKey {
  associatedtype Value: Sendable
}

/// Values by key type. There are few, nearly always one: that one needs no array.
///
/// Copied for every interceptor: so each value is an object, which is found without a cast.
/// Inlined, because a key's type is looked up at run time where it is not known.
public struct ContextValues: Sendable {
  @usableFromInline class Entry: @unchecked Sendable {
    @usableFromInline let key: ObjectIdentifier

    @usableFromInline init(key: ObjectIdentifier) { self.key = key }
  }

  /// Unchecked, as above: holds nothing but what may be sent, and never changes.
  @usableFromInline final class EntryOf<Value: Sendable>: Entry, @unchecked Sendable {
    @usableFromInline let value: Value

    @inlinable init(key: ObjectIdentifier, _ value: Value) {
      self.value = value
      super.init(key: key)
    }
  }

  private var first: Entry?
  /// Empty unless there is a first one.
  private var others: [Entry] = []

  public init() {}

  /// The value under a key; nil removes it.
  @inlinable public subscript<Key: ContextKey>(_ key: Key.Type) -> Key.Value? {
    get {
      // What stands under a key was put there as its value.
      guard let found = find(ObjectIdentifier(key)) else { return nil }
      return unsafeDowncast(found, to: EntryOf<Key.Value>.self).value
    }
    set {
      let key = ObjectIdentifier(key)
      if let newValue { set(EntryOf(key: key, newValue), key) } else { set(nil, key) }
    }
  }

  @usableFromInline func find(_ wanted: ObjectIdentifier) -> Entry? {
    guard let first else { return nil }
    return first.key == wanted ? first : others.first { $0.key == wanted }
  }

  @usableFromInline mutating func set(_ entry: Entry?, _ key: ObjectIdentifier) {
    if first == nil || first?.key == key {
      first = entry
      if entry == nil { first = others.popLast() }
      return
    }
    others.removeAll { $0.key == key }
    if let entry { others.append(entry) }
  }
}
