/// HTTP/2 by the byte, for what no session of ours would send.
enum RawBytes {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  static let opening = preface + frame(4, 0, 0, [])

  static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8])
    -> [UInt8]
  {
    let count = UInt32(payload.count)
    return [UInt8(count >> 16 & 0xff), UInt8(count >> 8 & 0xff), UInt8(count & 0xff), type, flags]
      + withUnsafeBytes(of: stream.bigEndian) { Array($0) } + payload
  }

  /// A field without indexing (RFC 7541 section 6.2.2); both sides are shorter than 127 bytes.
  static func field(_ name: String, _ value: String) -> [UInt8] {
    [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
  }

  /// POST http / with authority "a".
  static let block: [UInt8] = [0x83, 0x86, 0x84, 0x41, 0x01, UInt8(ascii: "a")]

  /// HEADERS of a request, and of one that ends with them.
  static func request(_ stream: UInt32, ends: Bool = false, more: [UInt8] = []) -> [UInt8] {
    frame(1, ends ? 0x5 : 0x4, stream, block + more)
  }
}
