/// What a call has carried so far: messages, and their bytes as they crossed the wire, compressed
/// where they were. Prefixes, metadata and framing do not count.
public struct CallTraffic: Sendable, Hashable {
  /// Messages from this side to the other.
  public private(set) var sentMessages = 0
  /// Their bytes.
  public private(set) var sentBytes = 0
  /// Messages from the other side.
  public private(set) var receivedMessages = 0
  /// Their bytes.
  public private(set) var receivedBytes = 0

  /// Nothing.
  public init() {}

  /// Counts a message that was handed over for sending, with its prefix.
  package mutating func sent(framed message: [UInt8]) {
    sentMessages += 1
    sentBytes += message.count - LengthPrefixedMessage.prefixLength
  }

  /// Counts a message of so many bytes that has arrived.
  package mutating func received(bytes count: Int) {
    receivedMessages += 1
    receivedBytes += count
  }
}

/// Hears what calls have carried when all of it is known.
public protocol CallTrafficObserver: AnyObject, Sendable {
  /// A call of a server, or an attempt of a client's call, has ended so. Called on an event loop:
  /// do not block.
  func ended(_ code: Status.Code, _ traffic: CallTraffic)
}
