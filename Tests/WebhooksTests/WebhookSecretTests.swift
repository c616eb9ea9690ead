import Foundation
import Ledger
import Testing

@testable import Webhooks

@Suite("The signature of a message")
struct WebhookSecretTests {
  /// The example that the libraries of Standard Webhooks are tested with.
  @Test("is that of the published example")
  func published() throws {
    let key = try #require(Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let signature = WebhookSecret.signature(
      key: [UInt8](key), id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330,
      body: Array(#"{"test": 2432232314}"#.utf8))
    #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test("is made with 32 random bytes, written as receivers take them")
  func secrets() throws {
    let secrets = (0..<20).map { _ in WebhookSecret() }
    #expect(Set(secrets).count == 20)
    for secret in secrets {
      #expect(secret.bytes.count == 32 && secret.text.hasPrefix("whsec_"))
      #expect(Data(base64Encoded: String(secret.text.dropFirst(6))) == Data(secret.bytes))
    }
    #expect(WebhookSecret(bytes: Array(repeating: 1, count: 31)) == nil)
  }

  @Test("covers a timestamp with microseconds, also before 1970")
  func timestamps() {
    let cases: [(Int64, String)] = [
      (0, "1970-01-01T00:00:00.000000Z"), (1, "1970-01-01T00:00:00.000001Z"),
      (-1, "1969-12-31T23:59:59.999999Z"), (1_767_323_045_678_901, "2026-01-02T03:04:05.678901Z"),
    ]
    for (micros, text) in cases {
      #expect(EventMessage.timestamp(LedgerTime(microseconds: micros)) == text)
    }
  }
}
