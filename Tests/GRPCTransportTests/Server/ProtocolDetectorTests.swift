import Testing

@testable import GRPCTransport

@Suite("ProtocolDetector")
struct ProtocolDetectorTests {
  @Test("the first bytes decide", arguments: [
    ("", .undecided), ("P", .undecided), ("PRI", .undecided),
    ("PRI ", .http2), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .http2),
    ("PUT /", .http1), ("GET / HTTP/1.1", .http1), ("POST /", .http1), ("OPTIONS", .http1),
    ("get / HTTP/1.1", .unknown), ("SSH-2.0", .unknown), ("\0", .unknown), ("G\0", .unknown),
  ] as [(String, ProtocolDetector.Verdict)])
  func verdicts(text: String, expected: ProtocolDetector.Verdict) {
    #expect(ProtocolDetector.judge(Array(text.utf8)) == expected)
  }

  @Test("a TLS ClientHello is told from everything else")
  func tls() {
    #expect(ProtocolDetector.judge([0x16]) == .undecided)
    #expect(ProtocolDetector.judge([0x16, 0x03, 0x01, 0x02, 0x00]) == .tls)
  }

  @Test("the answer to HTTP/1 states its true length")
  func answer() throws {
    let parts = ProtocolDetector.http1Answer.components(separatedBy: "\r\n\r\n")
    try #require(parts.count == 2)
    #expect(parts[0].contains("content-length: \(parts[1].utf8.count)\r\n"))
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
