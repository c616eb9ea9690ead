import GRPC

/// How long a peer may take over one header block: the rest of the connection stands still
/// meanwhile (RFC 9113 section 6.10), so a block that never ends would hold it for ever.
struct HeaderBlockTimer {
  private let limitNanoseconds: Int64
  private var open: (stream: Int32, until: Deadline)?

  /// Less than 1 ms counts as 1 ms.
  init(limit: Duration) {
    limitNanoseconds = limit.timerNanoseconds
  }

  /// When the open block must have ended; nil when none is open.
  var deadline: Deadline? { open?.until }

  /// Notes, when received bytes have been read, in the header block of which stream they ended.
  /// Answers whether the timer is to be set.
  mutating func noted(openBlock stream: Int32?, at now: Deadline) -> Bool {
    guard let stream else {
      open = nil
      return false
    }
    guard open?.stream != stream else { return false }
    open = (stream, now.advanced(byNanoseconds: limitNanoseconds))
    return true
  }

  /// Whether the open block has taken too long.
  func isOverdue(at now: Deadline) -> Bool {
    guard let open else { return false }
    return now >= open.until
  }
}
