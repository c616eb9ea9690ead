/// A name to log in with: `[A-Za-z0-9_.:-]{1,64}`.
///
/// Two names are the same when they differ only in case. ASCII only, so that no look-alike letter
/// can stand for another user.
public struct Username: Sendable, Hashable {
  /// The name as its owner wrote it.
  public let text: String
  /// The name in lower case: what uniqueness is judged by.
  public let folded: String

  /// Accepts a well-formed name; nil for anything else.
  public init?(_ text: String) {
    guard isIdentifier(text) else { return nil }
    self.text = text
    // Safe: all characters are ASCII.
    self.folded = text.lowercased()
  }

  /// Compares without regard to case.
  public static func == (left: Username, right: Username) -> Bool { left.folded == right.folded }

  /// Hashes without regard to case.
  public func hash(into hasher: inout Hasher) { hasher.combine(folded) }
}

extension Username: CustomStringConvertible {
  /// The name as its owner wrote it.
  public var description: String { text }
}

/// Whether `text` is an identifier of this system: `[A-Za-z0-9_.:-]{1,64}`.
public func isIdentifier(_ text: String) -> Bool {
  let utf8 = text.utf8
  guard (1...64).contains(utf8.count) else { return false }
  return utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: ":"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
