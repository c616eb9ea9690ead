import CArgon2

/// A stored argon2id hash in its encoded form:
/// `$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>`, both parts in base 64 without
/// padding.
///
/// Parameters are bounded before anything is computed from them: a changed row must not be able to
/// ask for all memory.
struct PasswordHash: Sendable {
  /// What a hash costs.
  struct Cost: Sendable, Hashable {
    var memoryKiB: UInt32
    var passes: UInt32
    var lanes: UInt32

    /// 19 MiB, two passes, one lane: the OWASP Password Storage Cheat Sheet.
    static let standard = Cost(memoryKiB: 19 * 1024, passes: 2, lanes: 1)

    var isWithinBounds: Bool {
      // One lane only: libargon2 starts a thread per lane.
      (8...64 * 1024).contains(memoryKiB) && (1...8).contains(passes) && lanes == 1
    }
  }

  static let encodedBytesMax = 256
  static let saltCount = 16
  static let hashCount = 32

  let cost: Cost
  let salt: [UInt8]
  let hash: [UInt8]

  /// Hashes a password with a fresh salt. Takes tens of milliseconds and `cost.memoryKiB` of
  /// memory.
  init(of password: [UInt8], cost: Cost) throws(PasswordHashError) {
    guard cost.isWithinBounds else { throw .costOutOfBounds }
    var source = SystemRandomNumberGenerator()
    let salt = (0..<Self.saltCount).map { _ in UInt8.random(in: .min ... .max, using: &source) }
    self.cost = cost
    self.salt = salt
    self.hash = try Self.compute(password, salt: salt, count: Self.hashCount, cost: cost)
  }

  /// Reads an encoded hash strictly.
  init(encoded: String) throws(PasswordHashError) {
    guard encoded.utf8.count <= Self.encodedBytesMax else { throw .malformed }
    let parts = encoded.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19" else {
      throw .malformed
    }
    let costs = parts[3].split(separator: ",", omittingEmptySubsequences: false)
    guard costs.count == 3, let memory = Self.number(costs[0], "m="),
      let passes = Self.number(costs[1], "t="), let lanes = Self.number(costs[2], "p="),
      let salt = PlainBase64.decode(parts[4].utf8), let hash = PlainBase64.decode(parts[5].utf8)
    else { throw .malformed }
    cost = Cost(memoryKiB: memory, passes: passes, lanes: lanes)
    guard cost.isWithinBounds, (8...64).contains(salt.count), (16...64).contains(hash.count) else {
      throw .costOutOfBounds
    }
    self.salt = salt
    self.hash = hash
  }

  /// The encoded form.
  var encoded: String {
    "$argon2id$v=19$m=\(cost.memoryKiB),t=\(cost.passes),p=\(cost.lanes)"
      + "$\(PlainBase64.encode(salt))$\(PlainBase64.encode(hash))"
  }

  /// Whether `password` has this hash. Takes as long as making it; compares in constant time.
  func matches(_ password: [UInt8]) throws(PasswordHashError) -> Bool {
    let other = try Self.compute(password, salt: salt, count: hash.count, cost: cost)
    var difference: UInt8 = 0
    for (left, right) in zip(hash, other) { difference |= left ^ right }
    return difference == 0
  }

  private static func compute(
    _ password: [UInt8], salt: [UInt8], count: Int, cost: Cost
  ) throws(PasswordHashError) -> [UInt8] {
    var hash = [UInt8](repeating: 0, count: count)
    let result = argon2id_hash_raw(
      cost.passes, cost.memoryKiB, cost.lanes, password, password.count, salt, salt.count, &hash,
      hash.count)
    guard result == ARGON2_OK.rawValue else { throw .computation(result) }
    return hash
  }

  /// A number after its name, without sign or leading zero.
  private static func number(_ text: Substring, _ name: String) -> UInt32? {
    guard text.hasPrefix(name) else { return nil }
    let digits = text.dropFirst(name.count)
    guard let number = UInt32(digits), String(number) == digits else { return nil }
    return number
  }
}

/// Why a password's hash could not be read or computed.
public enum PasswordHashError: Error, Sendable, Hashable {
  /// Not an encoded argon2id hash of version 19.
  case malformed
  /// The hash asks for more memory or time than this system gives.
  case costOutOfBounds
  /// libargon2 failed with this code, most often for want of memory.
  case computation(Int32)
}

/// The base 64 of encoded argon2 hashes: the ordinary alphabet without padding.
private enum PlainBase64 {
  static func encode(_ bytes: [UInt8]) -> String {
    let text = Base64URL.encode(bytes).utf8.map { character in
      switch character {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: character
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var translated: [UInt8] = []
    for character in text {
      switch character {
      case UInt8(ascii: "+"): translated.append(UInt8(ascii: "-"))
      case UInt8(ascii: "/"): translated.append(UInt8(ascii: "_"))
      case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
      default: translated.append(character)
      }
    }
    return Base64URL.decode(translated)
  }
}
