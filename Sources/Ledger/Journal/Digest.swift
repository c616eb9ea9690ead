import Crypto

/// A SHA-256 digest, kept inline.
public struct Digest: Sendable, Hashable {
  @usableFromInline let words: (UInt64, UInt64, UInt64, UInt64)

  /// The number of bytes of a digest.
  public static let byteCount = 32
  /// All zero: what the first journal entry's chain starts from.
  public static let zero = Digest(words: (0, 0, 0, 0))

  private init(words: (UInt64, UInt64, UInt64, UInt64)) {
    self.words = words
  }

  /// Hashes bytes.
  public init(hashing bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Digest(hashing: $0) }
  }

  /// Hashes bytes that are lent.
  init(hashing bytes: UnsafeRawBufferPointer) {
    var hasher = SHA256()
    hasher.update(bufferPointer: bytes)
    self = hasher.finalize().withUnsafeBytes { Digest(reading: $0) }
  }

  /// Reads a stored digest; nil when it is not 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self = Array(bytes).withUnsafeBytes { Digest(reading: $0) }
  }

  private init(reading bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == Self.byteCount)
    func word(_ index: Int) -> UInt64 {
      bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
    }
    self.init(words: (word(0), word(1), word(2), word(3)))
  }

  /// The 32 bytes.
  public var bytes: [UInt8] { withBytes { Array($0) } }

  /// Lends the 32 bytes.
  @inlinable
  public func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
    try withUnsafeBytes(of: words, body)
  }

  public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
  }

  public func _rawHashValue(seed: Int) -> Int { WordHash.value(of: words.0, seed: seed) }
}
