/// The rule for names that callers choose: `[A-Za-z0-9_.:-]{1,64}`.
public enum Identifier {
  /// Whether `text` is a lawful account id, model name or session id.
  public static func isValid(_ text: String) -> Bool {
    guard (1...LedgerLimits.identifierBytesMax).contains(text.utf8.count) else { return false }
    let lawful = lawful
    return text.lendUTF8 { bytes in
      bytes.allSatisfy { byte in
        let bits = byte < 64 ? lawful.low : lawful.high
        return byte < 128 && bits & (1 << UInt64(byte & 63)) != 0
      }
    }
  }

  /// One bit for each ASCII character: each question about an account asks here.
  private static let lawful: (low: UInt64, high: UInt64) = {
    let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).flatMap { [$0, $0 - 32] }
    var bits: (low: UInt64, high: UInt64) = (0, 0)
    for byte in letters + Array("0123456789_.:-".utf8) {
      if byte < 64 { bits.low |= 1 << UInt64(byte) } else { bits.high |= 1 << UInt64(byte - 64) }
    }
    return bits
  }()
}

/// The name of an account, chosen by the caller. Checked by ``Command/invalidField``, not here.
public struct AccountID: Sendable, Hashable, Comparable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  /// The name as the caller wrote it.
  public let name: String
  /// The name's hash. A command looks its account up in half a dozen tables: it is worked out once.
  private let word: UInt64

  /// Wraps a name; ask ``Identifier/isValid(_:)`` when it came from outside.
  public init(_ name: String) {
    self.name = name
    word = UInt64(truncatingIfNeeded: name.hashValue)
  }
  public init(stringLiteral name: String) { self.init(name) }

  public var description: String { name }
  public static func < (left: AccountID, right: AccountID) -> Bool { left.name < right.name }

  public static func == (left: AccountID, right: AccountID) -> Bool {
    left.word == right.word && left.name == right.name
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(word) }

  public func _rawHashValue(seed: Int) -> Int { WordHash.value(of: word, seed: seed) }
}

/// An id that the ledger gives out: the seq of the journal entry that made the object.
///
/// Being derived from the journal, it is the same each time the journal is replayed.
public protocol SequencedID: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// What the text form starts with.
  static var prefix: String { get }
  /// The seq of the journal entry that made the object.
  var seq: Int64 { get }
  /// Makes the id of the object that the journal entry `seq` made.
  init(seq: Int64)
}

extension SequencedID {
  /// Reads the text form; nil when it is not exactly what ``description`` writes.
  public init?(_ text: String) {
    let prefix = Self.prefix.utf8
    guard text.utf8.starts(with: prefix) else { return nil }
    var seq: Int64 = 0
    for byte in text.utf8.dropFirst(prefix.count) {
      // A zero in front is not what we write, and it alone is no seq.
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), seq > 0 || byte != 0x30 else {
        return nil
      }
      let (tens, tooLarge) = seq.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = tens.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
      guard !tooLarge, !overflow else { return nil }
      seq = sum
    }
    guard seq > 0 else { return nil }
    self.init(seq: seq)
  }

  public func _rawHashValue(seed: Int) -> Int {
    WordHash.value(of: UInt64(bitPattern: seq), seed: seed)
  }

  public var description: String { Self.prefix + String(seq) }
  public static func < (left: Self, right: Self) -> Bool { left.seq < right.seq }
}

/// The id of an allocation, written `a<seq>`.
public struct AllocationID: SequencedID {
  public static let prefix = "a"
  public let seq: Int64
  public init(seq: Int64) { self.seq = seq }
}

/// The id of a hold, written `h<seq>`.
public struct HoldID: SequencedID {
  public static let prefix = "h"
  public let seq: Int64
  public init(seq: Int64) { self.seq = seq }
}

/// The id of a budget, written `b<seq>`.
public struct BudgetID: SequencedID {
  public static let prefix = "b"
  public let seq: Int64
  public init(seq: Int64) { self.seq = seq }
}

/// The id of a usage record, written `u<seq>`.
public struct UsageID: SequencedID {
  public static let prefix = "u"
  public let seq: Int64
  public init(seq: Int64) { self.seq = seq }
}
