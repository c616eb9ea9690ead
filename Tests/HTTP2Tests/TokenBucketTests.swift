import HTTP2
import Testing

@Suite("TokenBucket")
struct TokenBucketTests {
  @Test("a burst is granted, then so many per second")
  func refill() {
    var bucket = TokenBucket(burst: 3, perSecond: 2)
    let start: UInt64 = 5_000_000_000
    let later = [start, start, start, start, start + 400_000_000, start + 500_000_000]
    let granted = later.map { bucket.take(atNanoseconds: $0) }
    #expect(granted == [true, true, true, false, false, true])
  }

  @Test("a long silence never gives more than the burst")
  func cap() {
    var bucket = TokenBucket(burst: 2, perSecond: 1000)
    let granted = [1, .max, .max, .max].map { bucket.take(atNanoseconds: $0) }
    #expect(granted == [true, true, true, false])
  }

  @Test("a clock that steps back gives nothing")
  func backwards() {
    var bucket = TokenBucket(burst: 1, perSecond: 1)
    let granted = [9_000_000_000, 1_000_000_000].map { bucket.take(atNanoseconds: $0) }
    #expect(granted == [true, false])
  }
}
