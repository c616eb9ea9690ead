/// Base64 with the standard alphabet (RFC 4648 section 4) as binary metadata uses it.
///
/// Emits without padding; accepts padded and unpadded text.
public enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// 0...63 for letters of the alphabet, 0xFF for everything else.
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
    return table
  }()

  /// Encodes without padding.
  public static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.underestimatedCount / 3 + 1) * 4)
    var accumulator: UInt32 = 0
    var pending = 0
    for byte in bytes {
      accumulator = (accumulator << 8) | UInt32(byte)
      pending += 8
      while pending >= 6 {
        pending -= 6
        output.append(alphabet[Int((accumulator >> UInt32(pending)) & 0x3F)])
      }
    }
    if pending > 0 {
      output.append(alphabet[Int((accumulator << UInt32(6 - pending)) & 0x3F)])
    }
    return output
  }

  /// Decodes; nil when the text is not base64 or its length is impossible.
  public static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(text.underestimatedCount / 4 * 3 + 2)
    var accumulator: UInt32 = 0
    var pending = 0
    var letters = 0
    var padding = 0
    for byte in text {
      if byte == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      let value = values[Int(byte)]
      guard value != 0xFF, padding == 0 else { return nil }
      letters += 1
      accumulator = (accumulator << 6) | UInt32(value)
      pending += 6
      if pending >= 8 {
        pending -= 8
        output.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(pending)))
      }
    }
    // A rest of one letter carries six bits: no byte can end there.
    guard letters % 4 != 1, padding <= 2 else { return nil }
    guard padding == 0 || (letters + padding) % 4 == 0 else { return nil }
    return output
  }
}
