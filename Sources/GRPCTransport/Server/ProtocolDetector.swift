/// Decides from the first bytes of a connection which protocol it speaks.
///
/// The one place where a port may get more faces: JSON over HTTP/1.1, gRPC-Web, a console.
struct ProtocolDetector {
  enum Verdict: Equatable {
    /// Too few bytes to tell.
    case undecided
    /// The HTTP/2 preface `PRI * HTTP/2.0…` (RFC 9113 section 3.4).
    case http2
    /// A request line of HTTP/1.
    case http1
    /// A TLS ClientHello, on a port without TLS.
    case tls
    case unknown
  }

  /// Judges the bytes received so far; four are enough.
  static func judge(_ bytes: some Collection<UInt8>) -> Verdict {
    guard let first = bytes.first else { return .undecided }
    // A TLS record: type 22 (handshake), version 3.x (RFC 8446 section 5.1).
    if first == 0x16 { return bytes.count < 2 ? .undecided : .tls }
    guard bytes.count >= 4 else {
      return bytes.allSatisfy(isMethodByte) ? .undecided : .unknown
    }
    let start = bytes.prefix(4)
    if start.elementsEqual("PRI ".utf8) { return .http2 }
    return start.allSatisfy { isMethodByte($0) || $0 == UInt8(ascii: " ") } ? .http1 : .unknown
  }

  private static func isMethodByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  /// What HTTP/1 clients are told.
  static let http1Answer = http1Refusal("This port speaks gRPC: HTTP/2 with prior knowledge")
  /// What HTTP/1 clients in plaintext are told by a port that expects TLS.
  static let http1AnswerOfTLS = http1Refusal("This port speaks gRPC: HTTP/2 over TLS")
  /// What TLS clients are told that did not offer HTTP/2.
  static let http1AnswerWithoutALPN = http1Refusal(
    "This port speaks gRPC: HTTP/2, to be offered by ALPN as h2")

  private static func http1Refusal(_ text: String) -> String {
    """
    HTTP/1.1 400 Bad Request\r
    content-type: text/plain; charset=utf-8\r
    content-length: \(text.utf8.count + 1)\r
    connection: close\r
    \r
    \(text)\n
    """
  }
}
