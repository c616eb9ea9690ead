/// What the first bytes of a server say when they are not HTTP/2, in words an operator can use.
enum FirstBytes {
  /// The mistake, nil when these may be the start of HTTP/2 (a SETTINGS frame on stream 0).
  static func problem(_ bytes: UnsafeRawBufferPointer) -> String? {
    if bytes.starts(with: "HTTP/1.".utf8) {
      return demandsTLS(bytes)
        ? EncryptionMismatch.demandsTLS
        : "the server answered with HTTP/1.1: it does not speak HTTP/2 on this port"
    }
    if bytes.count >= 2, (0x14...0x17).contains(bytes[0]), bytes[1] == 0x03 {
      return EncryptionMismatch.answeredWithTLS
    }
    // Frame header: length (3), type (1), flags (1), stream (4). Shorter reads are judged by
    // nghttp2.
    guard bytes.count >= 9 else { return nil }
    let isSettings = bytes[3] == 0x04 && bytes[5..<9].allSatisfy { $0 == 0 }
    return isSettings ? nil : "the server does not speak HTTP/2 on this port"
  }

  /// Whether an answer of HTTP/1 refuses plaintext, as this server, nginx and Go's server do.
  private static func demandsTLS(_ answer: UnsafeRawBufferPointer) -> Bool {
    let text = String(decoding: answer.prefix(1024), as: UTF8.self)
    return text.dropFirst(8).hasPrefix(" 400") && (text.contains("TLS") || text.contains("HTTPS"))
  }

  /// The mistake when a server answers to a TLS ClientHello, nil when this may be TLS.
  static func problemUnderTLS(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard let first = bytes.first, !(0x14...0x17).contains(first) else { return nil }
    let language: String
    if bytes.starts(with: "HTTP/1.".utf8) {
      language = "HTTP/1.1 in plaintext"
    } else if bytes.count >= 9, problem(bytes) == nil {
      language = "HTTP/2 in plaintext"
    } else {
      language = "plaintext"
    }
    return "the server answered with \(language): " + EncryptionMismatch.noTLS
  }
}
