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
    /// Fewer than five bytes of a prefix.
    case prefix([UInt8])
    /// The pieces of a message of `length` bytes.
    case payload([UInt8], length: Int, isCompressed: Bool)
    case failed
  }

  /// First reservation for a message: the peer's word alone does not make us allocate its length.
  private static let reservationMax = 64 * 1024

  private var state = State.prefix([])
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
    case .prefix(let held): !held.isEmpty
    case .payload: true
    case .failed: false
    }
  }

  /// Takes received bytes and delivers each message they complete.
  ///
  /// Throws RESOURCE_EXHAUSTED as soon as a prefix announces more than the limit, INTERNAL for a
  /// compressed message without an encoding and for unknown flags.
  public mutating func receive(
    _ bytes: UnsafeRawBufferPointer, deliver: (Payload) -> Void
  ) throws(RPCError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch state {
      case .failed:
        return
      case .prefix(let held):
        rest = try receivePrefix(held: held, rest: rest, deliver: deliver)
      case .payload(var pieces, let length, let isCompressed):
        state = .failed  // gives `pieces` a single owner while it grows
        let taken = rest.prefix(length - pieces.count)
        pieces.append(contentsOf: taken)
        rest = rest[taken.endIndex...]
        if pieces.count == length {
          state = .prefix([])
          deliver(isCompressed ? .compressed(pieces) : .owned(pieces))
        } else {
          state = .payload(pieces, length: length, isCompressed: isCompressed)
        }
      }
    }
  }

  private mutating func receivePrefix(
    held: [UInt8], rest: Slice<UnsafeRawBufferPointer>, deliver: (Payload) -> Void
  ) throws(RPCError) -> Slice<UnsafeRawBufferPointer> {
    let missing = LengthPrefixedMessage.prefixLength - held.count
    guard rest.count >= missing else {
      state = .prefix(held + rest)
      return rest[rest.endIndex...]
    }
    let length: Int
    let isCompressed: Bool
    if held.isEmpty {
      (length, isCompressed) = try checkedPrefix(rest.prefix(missing))
    } else {
      (length, isCompressed) = try checkedPrefix((held + rest.prefix(missing))[...])
    }
    let after = rest.dropFirst(missing)
    guard after.count >= length else {
      var pieces: [UInt8] = []
      pieces.reserveCapacity(min(length, Self.reservationMax))
      state = .payload(pieces, length: length, isCompressed: isCompressed)
      return after
    }
    state = .prefix([])
    let payload = UnsafeRawBufferPointer(rebasing: after.prefix(length))
    deliver(isCompressed ? .compressed(Array(payload)) : .borrowed(payload))
    return after.dropFirst(length)
  }

  /// What a whole prefix says.
  private mutating func checkedPrefix(
    _ prefix: some Collection<UInt8>
  ) throws(RPCError) -> (length: Int, isCompressed: Bool) {
    var length = 0
    var isCompressed = false
    for (position, byte) in prefix.enumerated() {
      if position == 0 {
        isCompressed = byte == 1
        guard byte == 0 || (isCompressed && allowsCompression) else {
          state = .failed
          throw RPCError(
            code: .internalError,
            message: byte == 1
              ? "a compressed message arrived although no compression was negotiated"
              : "a message has the unknown flags \(byte)")
        }
      } else {
        length = length << 8 | Int(byte)
      }
    }
    guard length <= maxMessageBytes else {
      state = .failed
      throw RPCError(
        code: .resourceExhausted,
        message: "a message of \(length) bytes arrived, the limit is \(maxMessageBytes)")
    }
    return (length, isCompressed)
  }
}
