import NIOCore
import Testing

@testable import WebhookTransport

@Suite("Link-local addresses")
struct LinkLocalTests {
  @Test(
    "are told from all others",
    arguments: [
      ("169.254.169.254", true), ("169.254.0.0", true), ("169.255.0.1", false),
      ("168.254.0.1", false), ("127.0.0.1", false), ("10.0.0.1", false), ("fe80::1", true),
      ("febf::1", true), ("fec0::1", false), ("::1", false), ("2001:db8::1", false),
      ("::ffff:169.254.169.254", true), ("::ffff:127.0.0.1", false),
    ])
  func addresses(text: String, isLinkLocal: Bool) throws {
    let address = try SocketAddress(ipAddress: text, port: 80)
    #expect(address.isLinkLocal == isLinkLocal)
  }
}
