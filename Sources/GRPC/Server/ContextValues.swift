/// Names a value that interceptors hand to handlers, for example the verified principal.
public protocol ContextKey {
  associatedtype Value: Sendable
}

/// Values by key type. Empty values own no memory; there are few, so they are a list.
public struct ContextValues: Sendable {
  private var entries: [(key: ObjectIdentifier, value: any Sendable)] = []

  public init() {}

  /// The value under a key; nil removes it.
  public subscript<Key: ContextKey>(_ key: Key.Type) -> Key.Value? {
    get {
      let wanted = ObjectIdentifier(key)
      for entry in entries where entry.key == wanted {
        return entry.value as? Key.Value
      }
      return nil
    }
    set {
      entries.removeAll { $0.key == ObjectIdentifier(key) }
      if let newValue { entries.append((ObjectIdentifier(key), newValue)) }
    }
  }
}
