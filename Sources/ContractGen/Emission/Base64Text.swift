/// Base64 with padding, as embedded descriptors are written.
enum Base64Text {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let padded = Array(group) + [0, 0]
      let bits = UInt32(padded[0]) << 16 | UInt32(padded[1]) << 8 | UInt32(padded[2])
      for position in 0..<4 {
        if position > group.count {
          text.append(UInt8(ascii: "="))
        } else {
          text.append(alphabet[Int(bits >> (18 - 6 * UInt32(position)) & 63)])
        }
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
