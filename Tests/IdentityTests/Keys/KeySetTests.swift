import Foundation
import Testing

@testable import Identity

@Suite("Key sets and key files")
struct KeySetTests {
  @Test("A set survives its JSON form, which holds no private part")
  func roundTrip() throws {
    let keys = [SigningKey(), SigningKey()]
    let set = KeySet(keys.map(\.verificationKey))
    let copy = try KeySet(json: set.json)
    #expect(copy.keyIDs == keys.map(\.keyID).sorted())
    #expect(copy.json == set.json)
    #expect(!set.json.contains("\"d\""))
  }

  @Test("The key id is the beginning of the RFC 7638 thumbprint, the same for the same key")
  func keyIDs() throws {
    let key = SigningKey()
    #expect(key.keyID.utf8.count == 12)
    #expect(try SigningKey(pemRepresentation: key.pemRepresentation).keyID == key.keyID)
    #expect(SigningKey().keyID != key.keyID)
  }

  @Test("Sets that are no JSON, damaged, private, ambiguous, empty or too large are refused")
  func refusals() throws {
    let good = SigningKey().verificationKey
    let (x, y) = good.coordinates
    func key(_ members: String) -> String { #"{"keys":[{\#(members)}]}"# }
    let ec = #""kty":"EC","crv":"P-256","alg":"ES256","kid":"k1""#
    let rows: [(String, KeySetError)] = [
      ("", .notAKeySet), ("[]", .notAKeySet), ("{}", .notAKeySet), (#"{"keys":{}}"#, .notAKeySet),
      (#"{"keys":[]}"#, .noUsableKey),
      (key(#""kty":"oct","k":"c2VjcmV0","kid":"k1""#), .noUsableKey),
      (key(#""kty":"RSA","n":"AQ","e":"AQAB","kid":"k1""#), .noUsableKey),
      (key(#"\#(ec),"use":"enc","x":"\#(x)","y":"\#(y)""#), .noUsableKey),
      (key(#"\#(ec),"x":"\#(x)""#), .badKey),
      (key(#"\#(ec),"x":"\#(x)","y":"\#(x)""#), .badKey),
      (key(#"\#(ec),"x":"\#(x)","y":"\#(y)","d":"AAAA""#), .badKey),
      (key(#""kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)""#), .badKey),
      (#"{"keys":[{\#(ec),"x":"\#(x)","y":"\#(y)"},{\#(ec),"x":"\#(x)","y":"\#(y)"}]}"#, .badKey),
      (String(repeating: " ", count: KeySet.jsonBytesMax + 1), .tooLarge),
    ]
    for (json, refusal) in rows {
      #expect(throws: refusal, "\(json.prefix(100))") { try KeySet(json: json) }
    }
  }

  @Test("A signing key file is made once, private, and read again")
  func keyFile() throws {
    let path = NSTemporaryDirectory() + "key-\(UUID().uuidString).pem"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let key = try SigningKeyFile(path: path).loadOrCreate()
    #expect(try SigningKeyFile(path: path).loadOrCreate().keyID == key.keyID)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    #expect(throws: SigningKeyFileError.readableByOthers) {
      try SigningKeyFile(path: path).loadOrCreate()
    }
  }

  @Test("A file that holds no key, or cannot be made, is refused and left as it is")
  func badKeyFile() throws {
    let path = NSTemporaryDirectory() + "key-\(UUID().uuidString).pem"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("not a key".utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(throws: SigningKeyFileError.notAKey) { try SigningKeyFile(path: path).loadOrCreate() }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "not a key")
    #expect(throws: SigningKeyFileError.self) {
      try SigningKeyFile(path: path + "/no/such/directory.pem").loadOrCreate()
    }
  }

  @Test("A signing key prints its id and nothing else")
  func redaction() {
    let key = SigningKey()
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains("PRIVATE")) }
    #expect("\(key)".contains(key.keyID))
  }
}
