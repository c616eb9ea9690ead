/// HTTP/2 frames written by hand, for what a lawful session would never send.
enum RawFrame {
  /// DATA, padded when `padding` is given (RFC 9113 section 6.1).
  static func data(
    _ payload: [UInt8], stream: Int32, endStream: Bool = false, padding: UInt8? = nil
  ) -> [UInt8] {
    let flags: UInt8 = (endStream ? 0x1 : 0) | (padding == nil ? 0 : 0x8)
    let body =
      (padding.map { [$0] } ?? []) + payload
      + [UInt8](repeating: 0, count: Int(padding ?? 0))
    return frame(type: 0x0, flags: flags, stream: stream, body)
  }

  /// HEADERS in a single frame, every field a literal that is not indexed (RFC 7541 section 6.2.2).
  static func headers(
    _ fields: [(String, String)], stream: Int32, endStream: Bool = false
  ) -> [UInt8] {
    var block: [UInt8] = []
    for (name, value) in fields {
      block.append(0)
      for text in [name, value] {
        precondition(text.utf8.count < 127, "longer strings need a longer length")
        block.append(UInt8(text.utf8.count))
        block += Array(text.utf8)
      }
    }
    return frame(type: 0x1, flags: 0x4 | (endStream ? 0x1 : 0), stream: stream, block)
  }

  /// SETTINGS that change nothing, or the acknowledgement of the peer's.
  static func settings(isAcknowledgement: Bool = false) -> [UInt8] {
    frame(type: 0x4, flags: isAcknowledgement ? 0x1 : 0, stream: 0, [])
  }

  /// RST_STREAM with any code.
  static func reset(_ code: UInt32, stream: Int32) -> [UInt8] {
    frame(type: 0x3, flags: 0, stream: stream, bytes(code))
  }

  /// WINDOW_UPDATE; stream 0 is the connection.
  static func windowUpdate(_ increment: UInt32, stream: Int32) -> [UInt8] {
    frame(type: 0x8, flags: 0, stream: stream, bytes(increment))
  }

  /// GOAWAY naming the last stream that was processed.
  static func goAway(lastStreamID: Int32, code: UInt32 = 0) -> [UInt8] {
    frame(type: 0x7, flags: 0, stream: 0, bytes(UInt32(lastStreamID)) + bytes(code))
  }

  /// What a client begins with: the preface and SETTINGS.
  static let opening = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + settings()

  /// A frame that was received.
  struct Received: Equatable {
    var type: UInt8
    var stream: Int32
    var payload: [UInt8]

    /// The error code, of GOAWAY and RST_STREAM.
    var code: UInt8? {
      switch type {
      case 0x3: payload.last
      case 0x7: payload.count >= 8 ? payload[7] : nil
      default: nil
      }
    }
  }

  /// The whole frames in received bytes.
  static func all(in bytes: [UInt8]) -> [Received] {
    var frames: [Received] = []
    var rest = bytes[...]
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      let stream = head[5...8].reduce(Int32(0)) { $0 << 8 | Int32($1) }
      rest = rest.dropFirst(9)
      frames.append(Received(type: head[3], stream: stream, payload: Array(rest.prefix(length))))
      rest = rest.dropFirst(length)
    }
    return frames
  }

  /// Any frame.
  static func frame(
    type: UInt8, flags: UInt8, stream: Int32, _ body: [UInt8]
  ) -> [UInt8] {
    Array(bytes(UInt32(body.count)).dropFirst()) + [type, flags] + bytes(UInt32(stream)) + body
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}
