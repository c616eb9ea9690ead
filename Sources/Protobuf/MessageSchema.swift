import CProtobufC
import Synchronization

/// The table that describes one message type, and the protobuf-c descriptor built from it.
///
/// A schema lives as long as the process: protobuf-c descriptors point at each other, also in
/// cycles, and decoded data points at descriptors.
///
/// Sendable although unchecked: everything is immutable after `init` except the pointers to
/// sub-descriptors, which are written under one lock before `linked` is set with release ordering
/// and read only after `linked` was seen with acquire ordering.
public final class MessageSchema: @unchecked Sendable {
  /// The full proto name, such as `farebox.accounting.v1.CheckCreditsRequest`.
  public let name: String
  /// The fields by ascending number; positions in this array are the field indexes of views and
  /// writers.
  public let fields: [FieldSchema]
  /// Names of the oneofs, without the synthetic ones of proto3 `optional`.
  public let oneofs: [String]
  /// Whether this is the synthetic entry message of a map field.
  public let isMapEntry: Bool

  /// Offsets and C descriptor; stable address.
  @usableFromInline let layout: UnsafeMutablePointer<MessageLayout>
  let linked = Atomic<Bool>(false)
  private let indexByNumber: [Int32: Int]
  private let indexByName: [String: Int]
  private let indexByJSONName: [String: Int]

  /// Describes a message type.
  ///
  /// - Parameters:
  ///   - fields: by ascending field number, each number once (a broken table is a programming error
  ///     and stops the process).
  ///   - oneofs: names of the oneofs that `.oneof(index)` fields refer to.
  public init(
    name: String, fields: [FieldSchema], oneofs: [String] = [], isMapEntry: Bool = false
  ) {
    precondition(
      zip(fields, fields.dropFirst()).allSatisfy { $0.number < $1.number },
      "the fields of \(name) must be ordered by ascending number")
    precondition(
      fields.allSatisfy { (1...536_870_911).contains($0.number) },
      "a field number of \(name) is out of range")
    self.name = name
    self.fields = fields
    self.oneofs = oneofs
    self.isMapEntry = isMapEntry
    let indexed = fields.enumerated()
    indexByNumber = Dictionary(indexed.map { ($1.number, $0) }) { first, _ in first }
    indexByName = Dictionary(indexed.map { ($1.name, $0) }) { first, _ in first }
    indexByJSONName = Dictionary(indexed.map { ($1.jsonName, $0) }) { first, _ in first }
    layout = MessageLayout.make(
      name: name, fields: fields, oneofCount: oneofs.count, isMapEntry: isMapEntry)
    layout.pointee.schema = Unmanaged.passRetained(self)
  }

  /// The index of the field with this number.
  public func fieldIndex(number: Int32) -> Int? { indexByNumber[number] }

  /// The index of the field with this proto name.
  public func fieldIndex(named name: String) -> Int? { indexByName[name] }

  /// The index of the field with this JSON name.
  public func fieldIndex(jsonName: String) -> Int? { indexByJSONName[jsonName] }
}
