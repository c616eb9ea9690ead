import Testing

@testable import Webhooks

@Suite("A webhook's URL")
struct WebhookURLTests {
  @Test(
    "is read into what is connected to",
    arguments: [
      ("https://example.com", "example.com", 443, "/", "example.com"),
      ("https://example.com/a/b?c=d%20e", "example.com", 443, "/a/b?c=d%20e", "example.com"),
      ("https://example.com?x", "example.com", 443, "/?x", "example.com"),
      ("https://EXAMPLE.com:8443/a", "EXAMPLE.com", 8443, "/a", "EXAMPLE.com:8443"),
      ("https://10.0.0.1/", "10.0.0.1", 443, "/", "10.0.0.1"),
      ("https://[2001:db8::1]:444/", "2001:db8::1", 444, "/", "[2001:db8::1]:444"),
      ("http://localhost:8080/hook", "localhost", 8080, "/hook", "localhost:8080"),
      ("http://127.0.0.1/", "127.0.0.1", 80, "/", "127.0.0.1"),
      ("http://127.9.9.9/", "127.9.9.9", 80, "/", "127.9.9.9"),
      ("http://[::1]/", "::1", 80, "/", "[::1]"),
      ("https://example.com/@a:b", "example.com", 443, "/@a:b", "example.com"),
    ])
  func lawful(text: String, host: String, port: Int, target: String, header: String) throws {
    let url = try WebhookURL(text)
    #expect(url.text == text && url.host == host && url.port == port)
    #expect(url.target == target && url.hostHeader == header)
    #expect(url.isSecure == text.hasPrefix("https"))
  }

  @Test(
    "is refused when it is anything else",
    arguments: [
      "", "example.com", "ftp://example.com/", "file:///etc/passwd", "HTTPS://example.com/",
      "https://", "https:///path", "https://user@example.com/", "https://u:p@example.com/",
      "https://example.com:0/", "https://example.com:65536/", "https://example.com:080/",
      "https://example.com:/", "https://example.com:8 0/", "https://exa mple.com/",
      "https://example.com/\r\nX: y", "https://example.com/#part", "https://exämple.com/",
      "https://example.com\\@evil/", "https://[::1/", "https://[example.com]/", "https://[]/",
      "https://a_b.example/", "https://" + String(repeating: "a", count: 2_100),
    ])
  func unlawful(text: String) {
    #expect(throws: WebhookURL.Problem.self) { try WebhookURL(text) }
    #expect(throws: WebhookURL.Problem.self) { try WebhookURL(text, allowsPlain: true) }
  }

  @Test(
    "is https to other machines, unless http is allowed",
    arguments: [
      "http://example.com/", "http://10.0.0.1/", "http://127.0.0.1.example.com/",
      "http://127.1/", "http://2130706433/", "http://localhost.example.com/", "http://[::2]/",
    ])
  func plain(text: String) throws {
    #expect(throws: WebhookURL.Problem.self) { try WebhookURL(text) }
    #expect(try WebhookURL(text, allowsPlain: true).isSecure == false)
  }
}
