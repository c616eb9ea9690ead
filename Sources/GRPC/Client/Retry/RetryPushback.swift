/// What a server says about another attempt (`grpc-retry-pushback-ms`, gRFC A6).
package enum RetryPushback: Sendable, Hashable {
  /// After this time.
  case after(Duration)
  /// Not at all: negative, not a number, or said twice.
  case never

  /// Digits of the largest number that is taken for one: some eleven days.
  private static let digitsMax = 9

  /// Reads the value of the field.
  package init(_ text: UnsafeBufferPointer<UInt8>) {
    guard (1...Self.digitsMax).contains(text.count) else {
      self = .never
      return
    }
    var milliseconds: Int64 = 0
    for byte in text {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
        self = .never
        return
      }
      milliseconds = milliseconds &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
    }
    self = .after(.milliseconds(milliseconds))
  }
}
