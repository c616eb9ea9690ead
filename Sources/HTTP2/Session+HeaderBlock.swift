import CNghttp2

// What a client sends as header blocks. The library is told of blocks without fields, and writes
// the headers of their frames; the blocks are put in here: see ``HeaderEncoder``.

extension Session {
  /// The most bytes of names and values that a client sends as one block: 64 KiB, as the library
  /// has it. Servers read far less.
  static let sentFieldBytesMax = 64 * 1024
  /// Bytes of a frame's header (RFC 9113 section 4.1).
  private static let frameHeaderBytes = 9
  /// The most payload that every peer takes in one frame (RFC 9113 section 4.2).
  private static let framePayloadMax = 16_384

  /// Sends trailers behind the payload that was just taken.
  func submitTrailers(_ fields: FieldList, on stream: Stream) {
    if role == .client {
      stream.unsentFields = fields
      nghttp2_submit_trailer(handle, stream.id, nil, 0)
    } else {
      _ = withFields(fields) { nghttp2_submit_trailer(handle, stream.id, $0, $1) }
    }
  }

  /// Hands on a frame of the library, with the block where it is one of HEADERS; returns how many
  /// bytes that were. What the library put there, the size of a table that is not used, goes.
  func hand(
    _ frame: UnsafeRawBufferPointer, to write: (UnsafeRawBufferPointer) -> Void
  ) -> Int {
    guard headerEncoder != nil, frame.count >= Self.frameHeaderBytes,
      frame[3] == UInt8(NGHTTP2_HEADERS.rawValue)
    else {
      write(frame)
      return frame.count
    }
    let id = frame.loadUnaligned(fromByteOffset: 5, as: Int32.self).bigEndian
    // Nothing where a peer had the stream closed before its trailers were sent: of such a stream it
    // ignores what still comes.
    let stream = nghttp2_session_get_stream_user_data(handle, id)
    let fields = stream.flatMap {
      EventLog.StreamReference.fromOpaque($0)._withUnsafeGuaranteedRef { $0.takeUnsentFields() }
    }
    outgoingBlock.removeAll(keepingCapacity: true)
    outgoingBlock.append(contentsOf: frame.prefix(Self.frameHeaderBytes))
    if let fields { headerEncoder?.encode(fields, to: &outgoingBlock) }
    splitBlock()
    outgoingBlock.withUnsafeBytes(write)
    return outgoingBlock.count
  }

  /// Writes the lengths of the block's frames: HEADERS, and CONTINUATION for what it does not hold
  /// (RFC 9113 section 6.10).
  private func splitBlock() {
    let endHeaders = UInt8(NGHTTP2_FLAG_END_HEADERS.rawValue)
    let streamID = Array(outgoingBlock[5..<Self.frameHeaderBytes])
    var start = 0
    while true {
      let rest = outgoingBlock.count - start - Self.frameHeaderBytes
      let count = min(rest, Self.framePayloadMax)
      outgoingBlock[start] = UInt8(count >> 16)
      outgoingBlock[start + 1] = UInt8(count >> 8 & 0xFF)
      outgoingBlock[start + 2] = UInt8(count & 0xFF)
      if count == rest {
        outgoingBlock[start + 4] |= endHeaders
        return
      }
      outgoingBlock[start + 4] &= ~endHeaders
      start += Self.frameHeaderBytes + count
      let continuation = [0, 0, 0, UInt8(NGHTTP2_CONTINUATION.rawValue), 0] + streamID
      outgoingBlock.insert(contentsOf: continuation, at: start)
    }
  }
}
