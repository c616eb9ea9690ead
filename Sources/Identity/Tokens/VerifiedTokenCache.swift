#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif
import Synchronization

/// Tokens whose signature was checked, so that a token costs one signature check in its life.
///
/// A look-up hashes the token's last bytes and then compares the whole token. The hash may be that
/// cheap because only tokens with a valid signature get in: nobody can fill a bucket with
/// collisions. The hash is keyed per process all the same.
///
/// Several locks, each held for a dictionary look-up, keep event loops out of each other's way.
public final class VerifiedTokenCache: Sendable {
  private static let shardCount = 16
  /// Bytes of the token's end that are hashed: all within the signature, which is random.
  private static let hashedSuffixCount = 40

  private struct Entry {
    let token: [UInt8]
    let principal: Principal
    let usableUntil: Int64
  }

  private final class Shard: Sendable {
    let entries = Mutex<[UInt64: Entry]>([:])
  }

  private let shards: [Shard]
  private let entriesPerShardMax: Int
  private let seed = UInt64.random(in: .min ... .max)

  /// A cache of at most `capacity` tokens, rounded up to a multiple of 16.
  public init(capacity: Int = 16_384) {
    precondition(capacity > 0, "a cache holds something")
    entriesPerShardMax = (capacity - 1) / Self.shardCount + 1
    shards = (0..<Self.shardCount).map { _ in Shard() }
  }

  /// How many tokens are held; counts also those that have expired and were not asked for since.
  public var count: Int { shards.reduce(0) { $0 + $1.entries.withLock { $0.count } } }

  /// The caller of a token that was verified before and is usable at `now`, or nil.
  ///
  /// Allocates nothing.
  func principal(of token: UnsafeBufferPointer<UInt8>, now: Int64) -> Principal? {
    let hash = hash(token)
    return shards[Int(hash % UInt64(Self.shardCount))].entries.withLock { entries in
      guard let entry = entries[hash], entry.usableUntil > now,
        entry.token.count == token.count, entry.token.elementsEqualBytes(token)
      else { return nil }
      return entry.principal
    }
  }

  /// Remembers a verified token until `usableUntil`; makes room by dropping what has expired, or
  /// else what expires first.
  func insert(_ token: [UInt8], principal: Principal, usableUntil: Int64, now: Int64) {
    let hash = token.withUnsafeBufferPointer(hash)
    let entry = Entry(token: token, principal: principal, usableUntil: usableUntil)
    shards[Int(hash % UInt64(Self.shardCount))].entries.withLock { entries in
      if entries.count >= entriesPerShardMax, entries[hash] == nil {
        entries = entries.filter { $0.value.usableUntil > now }
        if entries.count >= entriesPerShardMax,
          let first = entries.min(by: { $0.value.usableUntil < $1.value.usableUntil })
        {
          entries[first.key] = nil
        }
      }
      entries[hash] = entry
    }
  }

  /// Forgets every token: their signatures are checked again.
  public func removeAll() {
    for shard in shards { shard.entries.withLock { $0.removeAll(keepingCapacity: true) } }
  }

  private func hash(_ token: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(seed)
    hasher.combine(token.count)
    let suffix = UnsafeRawBufferPointer(token).suffix(Self.hashedSuffixCount)
    hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: suffix))
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }
}

extension [UInt8] {
  /// Compares by `memcmp`; the counts are equal.
  fileprivate func elementsEqualBytes(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
    withUnsafeBufferPointer { mine in
      guard let left = mine.baseAddress, let right = other.baseAddress else { return true }
      return memcmp(left, right, mine.count) == 0
    }
  }
}
