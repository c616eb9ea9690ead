/// A `.proto` file that travels inside the program, as the plugin embeds it in generated code.
///
/// Servers hand these to reflection. The descriptor is kept as base64 text, which costs nothing at
/// load time and compiles fast, and is decoded each time `serialized` is read: keep the result.
public struct EmbeddedFile: Sendable {
  /// Path of the file as importers write it, such as `farebox/chat/v1/chat_service.proto`.
  public let name: String

  /// The files that this one imports, in the order of its import statements.
  public let dependencies: [EmbeddedFile]

  private let base64: StaticString

  /// Describes an embedded file. Called by generated code.
  ///
  /// - Parameter base64: the serialized `google.protobuf.FileDescriptorProto` without source
  ///   information, in base64 with padding.
  public init(name: String, dependencies: [EmbeddedFile], base64: StaticString) {
    self.name = name
    self.dependencies = dependencies
    self.base64 = base64
  }

  /// The serialized `google.protobuf.FileDescriptorProto`, without source information.
  public var serialized: [UInt8] {
    base64.withUTF8Buffer { text in
      var bytes: [UInt8] = []
      bytes.reserveCapacity(text.count / 4 * 3)
      var pending: UInt32 = 0
      var pendingBits: UInt32 = 0
      for character in text {
        guard let sextet = Self.sextet(of: character) else { break }
        pending = pending << 6 | sextet
        pendingBits += 6
        if pendingBits >= 8 {
          pendingBits -= 8
          bytes.append(UInt8(truncatingIfNeeded: pending >> pendingBits))
        }
      }
      return bytes
    }
  }

  /// The value of a base64 character, or nil for the padding at the end.
  private static func sextet(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character &- UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character &- UInt8(ascii: "a") &+ 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character &- UInt8(ascii: "0") &+ 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
