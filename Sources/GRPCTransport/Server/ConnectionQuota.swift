import NIOCore

/// How many connections a listener has, in all and from each address.
struct ConnectionQuota {
  /// Where clients come from: an IPv4 address, or the first half of an IPv6 address, since whoever
  /// has one of those usually has all that share this half.
  enum Source: Hashable {
    case v4(UInt32)
    case v6(UInt64)

    /// The twelve bytes before an IPv4 address that stands for itself in IPv6, as it does at
    /// listeners for both (RFC 4291 section 2.5.5.2).
    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

    /// Nil for addresses that are not of the network, such as those of unix sockets.
    init?(_ address: SocketAddress?) {
      switch address {
      case .v4(let address):
        self = withUnsafeBytes(of: address.address.sin_addr) { .v4(Self.number($0)) }
      case .v6(let address):
        self = withUnsafeBytes(of: address.address.sin6_addr) { bytes in
          bytes.starts(with: Self.mapped)
            ? .v4(Self.number(bytes.suffix(4))) : .v6(Self.number(bytes.prefix(8)))
        }
      case .unixDomainSocket, nil:
        return nil
      }
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: some Sequence<UInt8>) -> Number {
      var number: Number = 0
      for byte in bytes { number = number << 8 | Number(truncatingIfNeeded: byte) }
      return number
    }
  }

  /// What becomes of a new connection.
  enum OnConnection: Equatable {
    case admit
    case refuse(TooMany)
  }

  /// What there is too much of.
  enum TooMany: Equatable {
    case connections
    case ofTheAddress
  }

  private let max: Int
  private let maxPerSource: Int
  private var count = 0
  private var counts: [Source: Int] = [:]

  /// Counts below zero count as zero.
  init(max: Int, maxPerSource: Int) {
    self.max = max
    self.maxPerSource = maxPerSource
  }

  /// A connection has come; when it is admitted, `left` follows when it goes.
  mutating func arrived(from source: Source?) -> OnConnection {
    guard count < max else { return .refuse(.connections) }
    if let source {
      let ofSource = counts[source] ?? 0
      guard ofSource < maxPerSource else { return .refuse(.ofTheAddress) }
      counts[source] = ofSource + 1
    }
    count += 1
    return .admit
  }

  /// An admitted connection has gone.
  mutating func left(from source: Source?) {
    precondition(count > 0, "a connection leaves once")
    count -= 1
    guard let source, let ofSource = counts[source] else { return }
    counts[source] = ofSource > 1 ? ofSource - 1 : nil
  }
}
