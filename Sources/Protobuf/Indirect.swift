/// Stores an optional value on the heap, so that a message can contain itself.
///
/// Generated code wraps singular message fields of recursive types: `@Indirect public var left:
/// Tree?`. Nothing is allocated while the value is nil.
@propertyWrapper
public struct Indirect<Value: Sendable & Hashable>: Sendable, Hashable {
  // Immutable, so sharing it between copies and threads is safe.
  @usableFromInline
  final class Box: Sendable {
    @usableFromInline let value: Value
    @usableFromInline init(_ value: Value) { self.value = value }
  }

  @usableFromInline var box: Box?

  @inlinable
  public init(wrappedValue: Value?) {
    box = wrappedValue.map(Box.init)
  }

  @inlinable
  public var wrappedValue: Value? {
    get { box?.value }
    set { box = newValue.map(Box.init) }
  }

  @inlinable
  public static func == (left: Self, right: Self) -> Bool {
    left.wrappedValue == right.wrappedValue
  }

  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(wrappedValue)
  }
}
