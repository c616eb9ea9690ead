import GRPC

/// The prefix of messages, and what is inside compressed ones.
enum FramingFuzz {
  private static let limit = 70_000

  static func run(_ input: inout FuzzInput) throws(BrokenProperty) {
    let flags = input.byte()
    let piece = input.pieceBytes()
    let algorithm: CompressionAlgorithm = flags & 2 == 0 ? .gzip : .deflate
    let once = feed(input.rest, allowsCompression: flags & 1 == 0, piece: .max)
    let often = feed(input.rest, allowsCompression: flags & 1 == 0, piece: piece)
    try BrokenProperty.require(
      once == often, "cut into \(piece) bytes there are other messages than in one piece")
    for message in once.messages {
      if message.isCompressed { try inflate(message.bytes, algorithm) }
      try roundTrip(message.bytes, algorithm)
    }
  }

  private struct Message: Equatable {
    var bytes: [UInt8]
    var isCompressed: Bool
  }

  private struct Outcome: Equatable {
    var messages: [Message] = []
    var failure: Status?
    var isInsideMessage = false
  }

  private static func feed(
    _ bytes: UnsafeRawBufferPointer, allowsCompression: Bool, piece: Int
  ) -> Outcome {
    var deframer = MessageDeframer(maxMessageBytes: limit, allowsCompression: allowsCompression)
    var outcome = Outcome()
    bytes.inPieces(of: piece) { bytes in
      do throws(RPCError) {
        try deframer.receive(bytes) { payload in
          outcome.messages.append(
            Message(bytes: payload.bytes, isCompressed: payload.isCompressed))
        }
      } catch {
        outcome.failure = outcome.failure ?? error.status
      }
      return true
    }
    outcome.isInsideMessage = deframer.isInsideMessage
    return outcome
  }

  private static func inflate(
    _ payload: [UInt8], _ algorithm: CompressionAlgorithm
  ) throws(BrokenProperty) {
    let message = try? MessageCompression.inflate(payload, with: algorithm, maxBytes: limit)
    try BrokenProperty.require((message?.count ?? 0) <= limit, "more than the limit was inflated")
  }

  private static func roundTrip(
    _ message: [UInt8], _ algorithm: CompressionAlgorithm
  ) throws(BrokenProperty) {
    var framed = [UInt8](repeating: 0, count: LengthPrefixedMessage.prefixLength) + message
    LengthPrefixedMessage.writePrefix(into: &framed)
    let compressed = MessageCompression.compress(framed: framed, with: algorithm)
    guard compressed != framed else { return }
    try BrokenProperty.require(compressed.count < framed.count, "compressed, it grew")
    let inflated = try? MessageCompression.inflate(
      Array(compressed[LengthPrefixedMessage.prefixLength...]), with: algorithm,
      maxBytes: message.count)
    try BrokenProperty.require(inflated == message, "compressed and inflated, it is another one")
  }
}
