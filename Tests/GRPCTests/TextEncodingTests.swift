import Testing

@testable import GRPC

@Suite("Percent encoding and base64")
struct TextEncodingTests {
  private func decode(_ text: String) -> String {
    Array(text.utf8).withUnsafeBufferPointer { PercentEncoding.decode($0) }
  }

  @Test(
    "status messages are encoded as the protocol says",
    arguments: [
      ("plain text", "plain text"), ("100%", "100%25"), ("\t\r\n", "%09%0D%0A"),
      ("é", "%C3%A9"), ("\u{1F600}", "%F0%9F%98%80"), ("~ ", "~%20"), ("  a b", "%20 a b"), (" ", "%20"), ("\u{7F}", "%7F"), ("", ""),
    ])
  func percentEncodes(text: String, expected: String) {
    #expect(String(decoding: PercentEncoding.encode(text), as: UTF8.self) == expected)
    #expect(decode(expected) == text)
  }

  @Test(
    "bad percent sequences stand for themselves",
    arguments: [
      ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a%", "a%"), ("%%41", "%A"), ("%e9", "\u{FFFD}"),
    ])
  func lenient(text: String, expected: String) {
    #expect(decode(text) == expected)
  }

  @Test("long status messages are cut between characters")
  func cut() {
    let text = String(repeating: "é", count: 100)
    let encoded = PercentEncoding.encode(text, maxBytes: 20)
    #expect(encoded.count == 18)
    #expect(decode(String(decoding: encoded, as: UTF8.self)) == "ééé")
    #expect(PercentEncoding.encode("abc def", maxBytes: 4) == Array("abc".utf8))
    #expect(PercentEncoding.encode("ab  cd", maxBytes: 4) == Array("ab".utf8))
  }

  @Test(
    "base64 follows RFC 4648 without padding",
    arguments: [
      ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
      ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ])
  func base64(plain: String, encoded: String) {
    #expect(String(decoding: Base64.encode(Array(plain.utf8)), as: UTF8.self) == encoded)
    #expect(Base64.decode(Array(encoded.utf8)) == Array(plain.utf8))
    let padded = encoded + String(repeating: "=", count: (4 - encoded.count % 4) % 4)
    #expect(Base64.decode(Array(padded.utf8)) == Array(plain.utf8))
  }

  @Test(
    "what is not base64 is refused",
    arguments: ["A", "AAAAA", "A=", "AA=", "AA=A", "=", "AA-_", "A A", "AAAA=", "AAA\n"])
  func notBase64(text: String) {
    #expect(Base64.decode(Array(text.utf8)) == nil)
  }

  @Test(
    "only the exact gRPC content types are gRPC",
    arguments: [
      ("application/grpc", .protobuf), ("application/grpc+proto", .protobuf),
      ("Application/gRPC+Proto", .protobuf), ("application/grpc;charset=utf-8", .protobuf),
      ("application/grpc+proto; a=b", .protobuf), ("application/grpc+json", .otherCodec("json")),
      ("application/grpc-web", .foreign), ("application/grpc-web+proto", .foreign),
      ("application/grpcx", .foreign), ("text/html", .foreign), ("", .foreign),
    ] as [(String, ContentType)])
  func contentType(text: String, expected: ContentType) {
    #expect(Array(text.utf8).withUnsafeBufferPointer { ContentType($0) } == expected)
  }
}
