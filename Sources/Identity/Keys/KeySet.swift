import Foundation

/// The public keys that verify access tokens, by id: a JSON Web Key Set (RFC 7517).
public struct KeySet: Sendable {
  /// Longest JSON accepted, in bytes.
  public static let jsonBytesMax = 64 * 1024
  /// Most keys accepted.
  public static let keysMax = 16

  private let keys: [String: VerificationKey]

  /// A set of keys; a later one of the same id replaces an earlier one.
  public init(_ keys: [VerificationKey]) {
    self.keys = Dictionary(keys.map { ($0.keyID, $0) }, uniquingKeysWith: { $1 })
  }

  /// The key of exactly that id, or nil. There is no default key.
  public func key(id: String) -> VerificationKey? { keys[id] }

  /// The ids of all keys, sorted.
  public var keyIDs: [String] { keys.keys.sorted() }

  /// The set in its JSON form; the same set always gives the same text.
  public var json: String {
    let entries = keyIDs.compactMap { keys[$0] }.map { key in
      let (x, y) = key.coordinates
      return #"{"kty":"EC","crv":"P-256","alg":"\#(key.algorithm)","use":"sig","#
        + #""kid":"\#(key.keyID)","x":"\#(x)","y":"\#(y)"}"#
    }
    return #"{"keys":["# + entries.joined(separator: ",") + "]}"
  }

  /// Reads a set from its JSON form.
  ///
  /// Keys of other types or for other uses are passed over, as RFC 7517, section 5 asks; a P-256
  /// key that is damaged, carries a private part, or repeats an id makes the whole set invalid.
  public init(json: String) throws(KeySetError) {
    guard json.utf8.count <= Self.jsonBytesMax else { throw .tooLarge }
    guard let document = try? JSONDecoder().decode(JSONWebKeySet.self, from: Data(json.utf8)) else {
      throw .notAKeySet
    }
    guard document.keys.count <= Self.keysMax else { throw .tooLarge }
    var keys: [String: VerificationKey] = [:]
    for entry in document.keys {
      guard entry.kty == "EC", entry.crv == "P-256", entry.alg ?? "ES256" == "ES256",
        entry.use ?? "sig" == "sig"
      else { continue }
      guard entry.d == nil, let keyID = entry.kid,
        let x = entry.x.flatMap({ Base64URL.decode(Array($0.utf8)) }),
        let y = entry.y.flatMap({ Base64URL.decode(Array($0.utf8)) }),
        let key = VerificationKey(x: x, y: y, keyID: keyID),
        keys.updateValue(key, forKey: keyID) == nil
      else { throw .badKey }
    }
    guard !keys.isEmpty else { throw .noUsableKey }
    self.keys = keys
  }
}

/// Why a JSON Web Key Set was not accepted.
public enum KeySetError: Error, Sendable, Hashable {
  /// Longer than `KeySet.jsonBytesMax`, or more than `KeySet.keysMax` keys.
  case tooLarge
  /// Not the JSON of a key set.
  case notAKeySet
  /// A P-256 key is damaged, private, or repeats an id.
  case badKey
  /// No key is for ES256 signatures.
  case noUsableKey
}

/// The members of a key set that matter here; all others are ignored.
private struct JSONWebKeySet: Decodable {
  struct Key: Decodable {
    var kty: String?
    var crv: String?
    var alg: String?
    var use: String?
    var kid: String?
    var x: String?
    var y: String?
    var d: String?
  }

  var keys: [Key]
}
