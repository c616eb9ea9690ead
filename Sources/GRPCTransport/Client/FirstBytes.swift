/// What the first bytes of a server say when they are not HTTP/2, in words an operator can use.
enum FirstBytes {
  /// The mistake, nil when these may be the start of HTTP/2 (a SETTINGS frame on stream 0).
  static func problem(_ bytes: UnsafeRawBufferPointer) -> String? {
    if bytes.starts(with: "HTTP/1.".utf8) {
      return "the server answered with HTTP/1.1: it does not speak HTTP/2 on this port"
    }
    if bytes.count >= 2, (0x14...0x17).contains(bytes[0]), bytes[1] == 0x03 {
      return "the server answered with TLS: it does not accept plaintext on this port"
    }
    // Frame header: length (3), type (1), flags (1), stream (4). Shorter reads are judged by
    // nghttp2.
    guard bytes.count >= 9 else { return nil }
    let isSettings = bytes[3] == 0x04 && bytes[5..<9].allSatisfy { $0 == 0 }
    return isSettings ? nil : "the server does not speak HTTP/2 on this port"
  }
}
