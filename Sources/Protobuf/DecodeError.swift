/// Why bytes are not an acceptable message.
public struct DecodeError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Reason: Sendable, Hashable {
    /// The input ends inside a tag, a value or a length-delimited field.
    case truncated
    /// A field number of 0, in whatever spelling.
    case fieldNumberZero
    /// A tag longer than 32 bits.
    case tagTooLong
    /// Wire types 6 and 7, which do not exist.
    case invalidWireType(UInt8)
    /// Wire types 3 and 4: groups are not supported.
    case group
    /// A varint of more than 64 bits.
    case varintTooLong
    /// A packed list whose length does not fit its element type.
    case malformedPackedList
    /// A string field that is not UTF-8.
    case invalidUTF8
    /// A proto2 `required` field is missing.
    case missingRequiredField
    case tooDeep(limit: Int)
    case tooManyUnknownFields(limit: Int)
    case tooManyFieldOccurrences(limit: Int)
    /// The message would need more working memory than ``DecodingLimits`` grants.
    case memoryBudgetExceeded(bytes: Int)
    /// protobuf-c refused what the checks before it let pass.
    case rejected
  }

  public let reason: Reason
  /// Full proto name of the message the problem is in.
  public let message: String
  /// The field: its name, or its number when the schema does not know it.
  public let field: String?

  public init(_ reason: Reason, message: String, field: String? = nil) {
    self.reason = reason
    self.message = message
    self.field = field
  }

  /// Whether the sender asked for more than the limits allow, as opposed to sending nonsense.
  public var isLimit: Bool {
    switch reason {
    case .tooDeep, .tooManyUnknownFields, .tooManyFieldOccurrences, .memoryBudgetExceeded: true
    default: false
    }
  }

  public var description: String {
    let place = field.map { "\(message).\($0)" } ?? message
    return "\(place): \(reasonText)"
  }

  private var reasonText: String {
    switch reason {
    case .truncated: "the input ends in the middle of a field"
    case .fieldNumberZero: "field number 0"
    case .tagTooLong: "a tag is longer than 32 bits"
    case .invalidWireType(let type): "wire type \(type) does not exist"
    case .group: "groups are not supported"
    case .varintTooLong: "a varint is longer than 64 bits"
    case .malformedPackedList: "the length of a packed list does not fit its element type"
    case .invalidUTF8: "a string is not valid UTF-8"
    case .missingRequiredField: "a required field is missing"
    case .tooDeep(let limit): "more than \(limit) levels of nested messages"
    case .tooManyUnknownFields(let limit): "more than \(limit) unknown fields"
    case .tooManyFieldOccurrences(let limit): "more than \(limit) fields"
    case .memoryBudgetExceeded(let bytes): "decoding would take more than \(bytes) bytes of memory"
    case .rejected: "not a valid message of this type"
    }
  }
}
