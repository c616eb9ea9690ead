/// Finds messages in the bytes of a stream, however DATA frames cut them.
///
/// ```
///            +------------------- next message ------------------+
///            v                                                   |
///   prefix (0...4 bytes held) --5th byte--> payload (n bytes held)
///            |                                  |
///            +--- bad flag, above limit --> failed (every later byte is ignored)
/// ```
public struct MessageDeframer: Sendable {
  /// One whole message.
  public enum Payload {
    /// Lies in the received bytes; valid only while it is being delivered.
    case borrowed(UnsafeRawBufferPointer)
    /// Was assembled from several pieces.
    case owned([UInt8])
    /// Is compressed; whoever takes the message inflates it.
    case compressed([UInt8])

    /// The message, as it came, as an array of its own.
    public var bytes: [UInt8] {
      switch self {
      case .borrowed(let view): Array(view)
      case .owned(let array), .compressed(let array): array
      }
    }

    /// Number of bytes of the message, as it came.
    public var count: Int {
      switch self {
      case .borrowed(let view): view.count
      case .owned(let array), .compressed(let array): array.count
      }
    }

    /// Whether the message has to be inflated.
    public var isCompressed: Bool {
      if case .compressed = self { true } else { false }
    }
  }

  private enum State: Sendable {
    /// Between two messages.
    case start
    /// One to four bytes of a prefix.
    case prefix([UInt8])
    /// The pieces of a message of `length` bytes.
    case payload([UInt8], length: Int, isCompressed: Bool)
    case failed
  }

  /// First reservation for a message: the peer's word alone does not make us allocate its length.
  private static let reservationMax = 64 * 1024

  private var state = State.start
  private let maxMessageBytes: Int
  /// Whether an encoding was agreed upon, so that messages may be compressed.
  var allowsCompression: Bool

  /// Makes a deframer that refuses messages of more than `maxMessageBytes`, and compressed ones
  /// unless they are allowed.
  public init(maxMessageBytes: Int, allowsCompression: Bool = false) {
    self.maxMessageBytes = maxMessageBytes
    self.allowsCompression = allowsCompression
  }

  /// Whether a message has begun and not ended; at the end of a stream that is an error.
  public var isInsideMessage: Bool {
    switch state {
    case .prefix, .payload: true
    case .start, .failed: false
    }
  }

  /// Takes received bytes and delivers each message they complete.
  ///
  /// Throws RESOURCE_EXHAUSTED as soon as a prefix announces more than the limit, INTERNAL for a
  /// compressed message without an encoding and for unknown flags.
  public mutating func receive(
    _ bytes: UnsafeRawBufferPointer, deliver: (Payload) -> Void
  ) throws(RPCError) {
    var rest = bytes
    while !rest.isEmpty {
      switch state {
      case .failed:
        return
      case .start:
        rest = try receivePrefix(held: [], rest: rest, deliver: deliver)
      case .prefix(let held):
        rest = try receivePrefix(held: held, rest: rest, deliver: deliver)
      case .payload(var pieces, let length, let isCompressed):
        state = .failed  // gives `pieces` a single owner while it grows
        let taken = min(length - pieces.count, rest.count)
        pieces.append(contentsOf: rest[..<taken])
        rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        if pieces.count == length {
          state = .start
          deliver(isCompressed ? .compressed(pieces) : .owned(pieces))
        } else {
          state = .payload(pieces, length: length, isCompressed: isCompressed)
        }
      }
    }
  }

  private mutating func receivePrefix(
    held: [UInt8], rest: UnsafeRawBufferPointer, deliver: (Payload) -> Void
  ) throws(RPCError) -> UnsafeRawBufferPointer {
    let missing = LengthPrefixedMessage.prefixLength - held.count
    guard rest.count >= missing else {
      state = .prefix(held + rest)
      return UnsafeRawBufferPointer(rebasing: rest[rest.count...])
    }
    let prefix =
      held.isEmpty
      ? (rest[0], rest[1], rest[2], rest[3], rest[4])
      : Self.joined(held, rest)
    let (length, isCompressed) = try check(prefix)
    let after = UnsafeRawBufferPointer(rebasing: rest[missing...])
    guard after.count >= length else {
      var pieces: [UInt8] = []
      pieces.reserveCapacity(min(length, Self.reservationMax))
      state = .payload(pieces, length: length, isCompressed: isCompressed)
      return after
    }
    state = .start
    let payload = UnsafeRawBufferPointer(rebasing: after[..<length])
    deliver(isCompressed ? .compressed(Array(payload)) : .borrowed(payload))
    return UnsafeRawBufferPointer(rebasing: after[length...])
  }

  private typealias Prefix = (UInt8, UInt8, UInt8, UInt8, UInt8)

  private static func joined(_ held: [UInt8], _ rest: UnsafeRawBufferPointer) -> Prefix {
    func byte(_ index: Int) -> UInt8 {
      index < held.count ? held[index] : rest[index - held.count]
    }
    return (byte(0), byte(1), byte(2), byte(3), byte(4))
  }

  /// What a whole prefix says.
  private mutating func check(
    _ prefix: Prefix
  ) throws(RPCError) -> (length: Int, isCompressed: Bool) {
    let flags = prefix.0
    guard flags == 0 || (flags == 1 && allowsCompression) else {
      state = .failed
      throw RPCError(
        code: .internalError,
        message: flags == 1
          ? "a compressed message arrived although no compression was negotiated"
          : "a message has the unknown flags \(flags)")
    }
    let length =
      Int(prefix.1) << 24 | Int(prefix.2) << 16 | Int(prefix.3) << 8 | Int(prefix.4)
    guard length <= maxMessageBytes else {
      state = .failed
      throw RPCError(
        code: .resourceExhausted,
        message: "a message of \(length) bytes arrived, the limit is \(maxMessageBytes)")
    }
    return (length, flags == 1)
  }
}
