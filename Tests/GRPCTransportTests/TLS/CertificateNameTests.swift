import Testing

@testable import GRPCTransport

@Suite("The names of certificates")
struct CertificateNameTests {
  @Test("cover a host or not", arguments: [
    ("a.test", "a.test", true), ("A.Test", "a.tEST", true), ("a.test.", "a.test", true),
    ("a.test", "a.test.", true), ("localhost", "localhost", true),
    ("a.test", "b.test", false), ("a.test", "x.a.test", false), ("a.test", "a.test.x", false),
    ("*.a.test", "x.a.test", true), ("*.a.test", "a.test", false),
    ("*.a.test", "x.y.a.test", false), ("*.a.test", ".a.test", false),
    ("*.test", "a.test", false), ("*", "a", false), ("x*.a.test", "xy.a.test", false),
    ("x.*.test", "x.a.test", false), ("", "", false), ("", "a", false),
  ])
  func covers(name: String, host: String, expected: Bool) {
    #expect(CertificateName.covers(name, host) == expected)
  }
}
