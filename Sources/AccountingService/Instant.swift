import GRPC
import GRPCServices
import Ledger
import Protobuf

/// Instants and durations between the contracts and the ledger.
enum Instant {
  /// Seconds of 0001-01-01T00:00:00Z and of 9999-12-31T23:59:59Z: what a Timestamp may say.
  static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// An instant; nil stays nil. Parts of a microsecond are cut off. Throws naming `field` when the
  /// timestamp is not a lawful one.
  static func time(
    _ timestamp: Google_Protobuf_Timestamp?, field: String
  ) throws(RPCError) -> LedgerTime? {
    guard let timestamp else { return nil }
    guard secondsRange.contains(timestamp.seconds), (0...999_999_999).contains(timestamp.nanos)
    else {
      throw .invalidArgument(
        field: field, description: "must lie in the years 1 to 9999, with nanos 0 to 999999999")
    }
    return LedgerTime(
      microseconds: timestamp.seconds * 1_000_000 + Int64(timestamp.nanos) / 1_000)
  }

  /// A duration; nil stays nil. Throws naming `field` when it is not a lawful one.
  static func duration(
    _ duration: Google_Protobuf_Duration?, field: String
  ) throws(RPCError) -> Duration? {
    guard let duration else { return nil }
    // Both parts have the same sign.
    guard (-315_576_000_000...315_576_000_000).contains(duration.seconds),
      (-999_999_999...999_999_999).contains(duration.nanos),
      duration.seconds.signum() * Int64(duration.nanos).signum() >= 0
    else {
      throw .invalidArgument(field: field, description: "is not a duration")
    }
    return .seconds(duration.seconds) + .nanoseconds(Int64(duration.nanos))
  }
}

extension Google_Protobuf_Timestamp {
  /// The instant; what lies outside of the lawful years is moved to their edge.
  init(_ time: LedgerTime) {
    self.init()
    let (quotient, remainder) = time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let floor = remainder < 0 ? quotient - 1 : quotient
    seconds = min(max(floor, Instant.secondsRange.lowerBound), Instant.secondsRange.upperBound)
    nanos = Int32((remainder < 0 ? remainder + 1_000_000 : remainder) * 1_000)
  }
}

extension Google_Protobuf_Duration {
  init(_ duration: Duration) {
    self.init()
    seconds = duration.components.seconds
    nanos = Int32(duration.components.attoseconds / 1_000_000_000)
  }
}
