/// Text of `google.protobuf.FieldMask` paths: lowerCamel in JSON, snake_case in the message.
enum FieldMaskText {
  /// `foo_bar.baz` becomes `fooBar.baz`; nil when the path would not come back unchanged.
  static func camel(_ path: String) -> String? {
    var text: [UInt8] = []
    var isAfterUnderscore = false
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "_"):
        guard !isAfterUnderscore else { return nil }
        isAfterUnderscore = true
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        return nil
      case UInt8(ascii: "a")...UInt8(ascii: "z") where isAfterUnderscore:
        text.append(byte - 0x20)
        isAfterUnderscore = false
      default:
        // An underscore before anything but a small letter would be lost.
        guard !isAfterUnderscore else { return nil }
        text.append(byte)
      }
    }
    return isAfterUnderscore ? nil : String(decoding: text, as: UTF8.self)
  }

  /// `fooBar.baz` becomes `foo_bar.baz`; nil when the text holds an underscore.
  static func snake(_ path: some StringProtocol) -> String? {
    var text: [UInt8] = []
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "_"): return nil
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        text.append(UInt8(ascii: "_"))
        text.append(byte + 0x20)
      default: text.append(byte)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
