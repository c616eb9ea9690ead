/// The `grpc-timeout` header: at most eight digits and a unit.
///
/// Encoding picks the finest unit that fits and rounds up, so that the server never gives up before
/// the client does; it never yields zero, which the protocol forbids.
public enum GRPCTimeout {
  private static let digitsMax: Int64 = 99_999_999
  private static let units: [(letter: UInt8, nanoseconds: Int64)] = [
    (UInt8(ascii: "n"), 1),
    (UInt8(ascii: "u"), 1_000),
    (UInt8(ascii: "m"), 1_000_000),
    (UInt8(ascii: "S"), 1_000_000_000),
    (UInt8(ascii: "M"), 60_000_000_000),
    (UInt8(ascii: "H"), 3_600_000_000_000),
  ]

  /// The header value for a remaining time; anything below one nanosecond is sent as one.
  public static func encode(nanoseconds: Int64) -> String {
    let positive = max(nanoseconds, 1)
    for (letter, size) in units {
      let quotient = positive / size
      let amount = positive % size == 0 ? quotient : quotient + 1
      if amount <= digitsMax {
        // At most nine bytes: stays inside the String value, no allocation.
        return String(amount) + String(UnicodeScalar(letter))
      }
    }
    // Int64.max nanoseconds are 2,562,048 hours.
    preconditionFailure("hours hold every Int64 of nanoseconds in eight digits")
  }

  /// Reads a header value as nanoseconds; nil when malformed. Huge values are clamped to Int64.
  ///
  /// Zero is read as zero (already past): the specification asks senders, not receivers, for a
  /// positive number.
  public static func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard (2...9).contains(bytes.count), let letter = bytes.last else { return nil }
    var amount: Int64 = 0
    for byte in bytes.dropLast() {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      // Eight digits at most: cannot overflow.
      amount = amount &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
    }
    guard let unit = units.first(where: { $0.letter == letter }) else { return nil }
    let (product, overflow) = amount.multipliedReportingOverflow(by: unit.nanoseconds)
    return overflow ? .max : product
  }

  /// Reads a header value given as text.
  public static func decode(_ text: String) -> Int64? {
    var copy = text
    return copy.withUTF8 { decode($0) }
  }
}
