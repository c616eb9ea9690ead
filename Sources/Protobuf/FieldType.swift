/// The declared type of a field.
///
/// Message and enum types are closures because schemas of messages that contain each other are
/// `static let`s: naming the other schema directly would deadlock their initialisation.
public enum FieldType: Sendable {
  case double
  case float
  case int32
  case int64
  case uint32
  case uint64
  case sint32
  case sint64
  case fixed32
  case fixed64
  case sfixed32
  case sfixed64
  case bool
  case string
  case bytes
  case `enum`(@Sendable () -> EnumSchema)
  case message(@Sendable () -> MessageSchema)

  /// Whether repeated values of this type may share one length-delimited record.
  public var isPackable: Bool {
    switch self {
    case .string, .bytes, .message: false
    default: true
    }
  }

  /// The schema of a message field; nil for every other type.
  public var messageSchema: MessageSchema? {
    if case .message(let schema) = self { schema() } else { nil }
  }

  /// The schema of an enum field; nil for every other type.
  public var enumSchema: EnumSchema? {
    if case .enum(let schema) = self { schema() } else { nil }
  }
}
