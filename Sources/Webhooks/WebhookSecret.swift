import Crypto
import Foundation

/// What deliveries to a webhook are signed with, as Standard Webhooks says (standardwebhooks.com,
/// specification 1.0.0): HMAC-SHA256 over `id.timestamp.body`, in base64, after `v1,`.
public struct WebhookSecret: Sendable, Hashable {
  /// 32 bytes.
  public let bytes: [UInt8]

  /// Makes a random secret.
  public init() {
    bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
  }

  /// Takes a stored secret; nil unless it is 32 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  /// `whsec_` and base64: as receivers' libraries take it.
  public var text: String { "whsec_" + Data(bytes).base64EncodedString() }

  /// The value of the `webhook-signature` header.
  func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
    Self.signature(key: bytes, id: id, timestamp: timestamp, body: body)
  }

  static func signature(key: [UInt8], id: String, timestamp: Int64, body: [UInt8]) -> String {
    let signed = Array("\(id).\(timestamp).".utf8) + body
    let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: key))
    return "v1," + Data(code).base64EncodedString()
  }
}
