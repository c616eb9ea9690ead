import Testing

@testable import GRPCTransport

@Suite("Targets as people write them")
struct TargetTests {
  private typealias Target = HTTP2ClientTransport.Target

  @Test(
    "are read in every form that gRPC knows and this transport has",
    arguments: [
      ("localhost:7001", .tcp(host: "localhost", port: 7001)),
      ("a-b.example_1.org:1", .tcp(host: "a-b.example_1.org", port: 1)),
      ("127.0.0.1:65535", .tcp(host: "127.0.0.1", port: 65535)),
      ("[::1]:7001", .tcp(host: "::1", port: 7001)),
      ("dns:///localhost:7001", .tcp(host: "localhost", port: 7001)),
      ("dns:localhost:7001", .tcp(host: "localhost", port: 7001)),
      ("DNS:///[2001:db8::1]:80", .tcp(host: "2001:db8::1", port: 80)),
      ("dns2:7001", .tcp(host: "dns2", port: 7001)),
      ("ipv4:10.0.0.1:80", .tcp(host: "10.0.0.1", port: 80)),
      ("ipv4:10.0.0.1:80,10.0.0.2:81",
        .list([.tcp(host: "10.0.0.1", port: 80), .tcp(host: "10.0.0.2", port: 81)])),
      ("ipv6:[::1]:80", .tcp(host: "::1", port: 80)),
      ("a:1,[::1]:2", .list([.tcp(host: "a", port: 1), .tcp(host: "::1", port: 2)])),
      ("unix:run/a.sock", .unix(path: "run/a.sock")),
      ("unix:/run/a.sock", .unix(path: "/run/a.sock")),
      ("unix:///run/a.sock", .unix(path: "/run/a.sock")),
    ] as [(String, HTTP2ClientTransport.Target)])
  func read(text: String, target: HTTP2ClientTransport.Target) throws {
    #expect(try Target(parsing: text) == target)
  }

  @Test(
    "take a default port where they have none",
    arguments: [
      ("localhost", .tcp(host: "localhost", port: 443)),
      ("dns:///localhost", .tcp(host: "localhost", port: 443)),
      ("[::1]", .tcp(host: "::1", port: 443)),
      ("::1", .tcp(host: "::1", port: 443)),
      ("ipv6:::1", .tcp(host: "::1", port: 443)),
      ("a,b:1", .list([.tcp(host: "a", port: 443), .tcp(host: "b", port: 1)])),
    ] as [(String, HTTP2ClientTransport.Target)])
  func defaultPort(text: String, target: HTTP2ClientTransport.Target) throws {
    #expect(try Target(parsing: text, defaultPort: 443) == target)
  }

  @Test(
    "are refused with the part that is wrong",
    arguments: [
      ("", .empty), ("a:1,", .empty), ("dns:", .empty), ("ipv4:", .empty),
      ("localhost", .missingPort("localhost")), ("[::1]", .missingPort("[::1]")),
      ("a:0", .badPort("0")), ("a:65536", .badPort("65536")), ("a:", .badPort("")),
      ("a:+1", .badPort("+1")), ("a:1:2", .badPort("1:2")), ("a:http", .badPort("http")),
      (":7001", .badHost("")), ("a b:1", .badHost("a b")), ("a/b:1", .badHost("a/b")),
      ("[::1:80", .badHost("[::1:80")), ("[::1]80", .badHost("[::1]80")),
      ("[localhost]:80", .badHost("[localhost]:80")), ("fe80::1%eth0:1", .badPort(":1%eth0:1")),
      ("::1", .unbracketedIPv6("::1")),
      ("http://localhost:80", .unknownScheme("http")), ("xds:///a", .unknownScheme("xds")),
      ("dns://8.8.8.8/a:1", .nameServer("8.8.8.8")), ("dns://a:1", .nameServer("a:1")),
      ("ipv4:localhost:80", .wrongFamily("localhost:80", scheme: "ipv4")),
      ("ipv4:[::1]:80", .wrongFamily("[::1]:80", scheme: "ipv4")),
      ("ipv6:1.2.3.4:80", .wrongFamily("1.2.3.4:80", scheme: "ipv6")),
      ("unix:", .badPath("")), ("unix://host/a", .badPath("//host/a")),
    ] as [(String, TargetError)])
  func refused(text: String, error: TargetError) {
    #expect(throws: error) { try Target(parsing: text) }
  }

  @Test("never crash the reader, whatever they are")
  func noise() {
    var random = SeededRandom()
    let bytes = Array("dnsipv46ux:/[],.%-09az \u{0}é".utf8)
    for _ in 0..<2000 {
      let length = Int.random(in: 0...24, using: &random)
      let text = String(
        decoding: (0..<length).map { _ in bytes.randomElement(using: &random) ?? 0 },
        as: UTF8.self)
      guard let target = try? Target(parsing: text, defaultPort: 1) else { continue }
      for case .tcp(let host, let port) in target.members {
        #expect(!host.isEmpty && (1...65535).contains(port), "'\(text)' seed \(random.seed)")
      }
    }
  }

  @Test("a long host name and a long path are refused")
  func tooLong() {
    let label = String(repeating: "a", count: 254)
    #expect(throws: TargetError.badHost(label)) { try Target(parsing: "\(label):1") }
    let path = "/" + String(repeating: "a", count: 107)
    #expect(throws: TargetError.badPath(path)) { try Target(parsing: "unix:\(path)") }
  }

  @Test("are written as they are read, and name an authority")
  func description() throws {
    for text in ["localhost:7001", "[::1]:7001", "unix:/run/a.sock", "a:1,[::1]:2"] {
      #expect(try Target(parsing: text).description == text)
    }
    #expect(try Target(parsing: "a:1,b:2").defaultAuthority == "a:1")
    #expect(try Target(parsing: "unix:/a").defaultAuthority == "localhost")
  }
}
