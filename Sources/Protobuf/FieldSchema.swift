/// One field of a message, as its `.proto` file declares it.
public struct FieldSchema: Sendable {
  /// How many values a field has, and whether "not set" differs from "set to the default".
  public enum Cardinality: Sendable, Hashable {
    /// Proto3 without label: the default value is not written. For message fields same as
    /// `optional`.
    case implicit
    /// Presence is tracked: proto3 `optional`, proto2 `optional`, and every singular message field.
    case optional
    /// A list. `packed` says how it is written; both forms are read.
    case repeated(packed: Bool)
    /// A member of the oneof with this index in ``MessageSchema/oneofs``.
    case oneof(Int)
    /// Proto2 `required`: decoding fails without it.
    case required
    /// A map; the type is `.message` of the synthetic entry schema (key = 1, value = 2).
    case map
  }

  /// The field number, 1...536,870,911.
  public let number: Int32
  /// The name in the `.proto` file.
  public let name: String
  /// The name in canonical JSON.
  public let jsonName: String
  public let type: FieldType
  public let cardinality: Cardinality

  /// Describes a field.
  ///
  /// - Parameter json: the JSON name, only when it is not the lowerCamelCase form of `name`.
  public init(
    _ number: Int32, _ name: String, json: String? = nil, _ type: FieldType,
    _ cardinality: Cardinality = .implicit
  ) {
    self.number = number
    self.name = name
    self.jsonName = json ?? Self.lowerCamelCase(name)
    self.type = type
    self.cardinality = cardinality
  }

  /// Whether the field holds a list (maps are not lists).
  public var isRepeated: Bool {
    if case .repeated = cardinality { true } else { false }
  }

  /// Whether the field is a map.
  public var isMap: Bool { cardinality == .map }

  /// The index of the oneof this field belongs to, nil when none.
  public var oneofIndex: Int? {
    if case .oneof(let index) = cardinality { index } else { nil }
  }

  /// Whether "not set" can be told from "set to the default value".
  public var hasPresence: Bool {
    switch cardinality {
    case .optional, .required, .oneof: true
    case .repeated, .map: false
    case .implicit: if case .message = type { true } else { false }
    }
  }

  /// protoc's rule: drop each underscore and capitalise what follows it.
  static func lowerCamelCase(_ name: String) -> String {
    var result = ""
    var capitalizeNext = false
    for scalar in name.unicodeScalars {
      if scalar == "_" {
        capitalizeNext = true
      } else if capitalizeNext, scalar.isASCII {
        result += String(scalar).uppercased()
        capitalizeNext = false
      } else {
        result.unicodeScalars.append(scalar)
        capitalizeNext = false
      }
    }
    return result
  }
}
