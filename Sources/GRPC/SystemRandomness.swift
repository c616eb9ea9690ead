/// The system's random numbers, by a generator that has a place in memory.
///
/// `SystemRandomNumberGenerator` has no size. The thread sanitizer looks at the address of whatever
/// is passed inout, and something without size has none: a sanitized program crashes there.
package struct SystemRandomness: RandomNumberGenerator, Sendable {
  private var source = SystemRandomNumberGenerator()
  private var place: UInt8 = 0

  /// All of them draw from the same source.
  package init() {}

  package mutating func next() -> UInt64 { source.next() }
}
