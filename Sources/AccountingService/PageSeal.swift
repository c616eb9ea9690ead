import Crypto
import GRPC
import GRPCServices
import Ledger
import Protobuf

/// Seals the cursors of lists, so that only what this service gave out is accepted, and only for
/// the filters it was given out for.
///
/// ```
///   version 1 | seq, 8 bytes, high first | 16 bytes of HMAC-SHA256(key, version, seq, filters)
/// ```
/// written as hexadecimal digits. Several servers of one ledger need the same key.
public struct PageSeal: Sendable {
  private let key: SymmetricKey

  /// Seals with a key of 32 bytes; cursors live as long as the key.
  public init(key: [UInt8]) {
    precondition(key.count == 32, "a seal's key is 32 bytes")
    self.key = SymmetricKey(data: key)
  }

  /// Seals with a random key: the cursors are good for this process.
  public init() {
    key = SymmetricKey(size: .bits256)
  }

  /// The cursor behind `seq`; empty for nil, behind the last page.
  func token(afterSeq seq: Int64?, _ filters: PageFilters) -> String {
    guard let seq else { return "" }
    let head = Self.head(seq)
    return Self.text(head + tag(head, filters))
  }

  /// Reads a cursor; 0 for the empty one of a first page. Throws naming `page_token` when it is not
  /// one of ours for these filters.
  func seq(of token: String, _ filters: PageFilters) throws(RPCError) -> Int64 {
    if token.isEmpty { return 0 }
    guard let bytes = Self.bytes(token), bytes.count == 25, bytes[0] == 1,
      Self.equal(Array(bytes[9...]), tag(Array(bytes[..<9]), filters))
    else {
      throw .invalidArgument(
        field: "page_token", description: "is not one that was given out for these filters")
    }
    return bytes[1..<9].reduce(0) { $0 << 8 | Int64($1) }
  }

  private func tag(_ head: [UInt8], _ filters: PageFilters) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: head + filters.bytes, using: key).prefix(16))
  }

  private static func head(_ seq: Int64) -> [UInt8] {
    [1] + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: seq >> Int64($0)) }
  }

  private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func text(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count == 50 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

/// A request for one page of a list.
protocol PagedRequest: Message {
  var pageSize: Int32 { get set }
  var pageToken: String { get set }
}

/// What a cursor is bound to: the method, the account and the filters, the page itself aside.
struct PageFilters {
  fileprivate let bytes: [UInt8]

  /// - Parameters:
  ///   - request: the request; its page size and page token do not count.
  ///   - account: the account that it is about; nil means all.
  init(_ method: String, _ request: some PagedRequest, account: AccountID?) {
    var bare = request
    bare.pageSize = 0
    bare.pageToken = ""
    let fields = (try? bare.serializedBytes()) ?? []
    let scope = account.map { "of " + $0.name } ?? "all"
    bytes = Array("\(method) \(scope)\n".utf8) + fields
  }
}

/// The size of a page; 0 means 100. Throws naming `page_size` when it is not 1 to `max`.
func pageSize(_ asked: Int32, max: Int) throws(RPCError) -> Int {
  let limit = asked == 0 ? 100 : Int(asked)
  guard (1...max).contains(limit) else {
    throw .invalidArgument(field: "page_size", description: "must be 1 to \(max)")
  }
  return limit
}
