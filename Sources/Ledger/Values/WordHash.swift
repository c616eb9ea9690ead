/// Places in hash tables for what is itself one number or a digest.
///
/// A command asks such tables dozens of times, and the general hash costs more than all else of a
/// look-up. Callers can search for keys whose digests begin alike, so the number is mixed with what
/// only this process knows.
enum WordHash {
  /// As random as the general hash, and as reproducible where that is.
  private static let secret = (
    UInt64(truncatingIfNeeded: "first".hashValue),
    UInt64(truncatingIfNeeded: "second".hashValue) | 1
  )

  /// The hash of `word` in a table that has a `seed` of its own: the halves of a product, whose low
  /// bits depend on all bits of the word.
  static func value(of word: UInt64, seed: Int) -> Int {
    let mixed = word ^ secret.0 ^ UInt64(truncatingIfNeeded: seed)
    let product = mixed.multipliedFullWidth(by: secret.1)
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }
}
