/// The encoding of `grpc-message`: UTF-8 with everything outside printable ASCII, and `%`, as
/// `%XX`. So are outer spaces, with which HTTP/2 forbids a value to begin or end (RFC 9113
/// section 8.2.1): strict peers drop such fields or reset the stream.
public enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// The encoded text, cut at a character boundary so that it has at most `maxBytes` bytes.
  ///
  /// Proxies break on trailers of more than about 8 KiB, hence a bound.
  public static func encode(_ text: String, maxBytes: Int = 4096) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(min(text.utf8.count, maxBytes))
    for scalar in text.unicodeScalars {
      guard let encoded = UTF8.encode(scalar) else { continue }
      let start = output.count
      for byte in encoded {
        let isOuter = output.isEmpty && byte == UInt8(ascii: " ")
        if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%"), !isOuter {
          output.append(byte)
        } else {
          appendEncoded(byte, to: &output)
        }
      }
      if output.count > maxBytes {
        output.removeSubrange(start...)
        break
      }
    }
    if output.last == UInt8(ascii: " ") {
      output.removeLast()
      if output.count + 3 <= maxBytes {
        appendEncoded(UInt8(ascii: " "), to: &output)
      } else {
        while output.last == UInt8(ascii: " ") { output.removeLast() }
      }
    }
    return output
  }

  private static func appendEncoded(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "%"))
    output.append(digits[Int(byte >> 4)])
    output.append(digits[Int(byte & 0x0F)])
  }

  /// Decodes leniently: a `%` that is not followed by two hex digits stands for itself, and bytes
  /// that are not UTF-8 are replaced. A status text is never a reason to fail.
  public static func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "%")) else { return String(decoding: bytes, as: UTF8.self) }
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "%"), bytes.count - index > 2,
        let high = hexValue(bytes[index + 1]), let low = hexValue(bytes[index + 2])
      {
        output.append(high << 4 | low)
        index += 3
      } else {
        output.append(byte)
        index += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    default: nil
    }
  }
}
