import CNghttp2

/// The streams that a client has used up, as far as a session remembers them.
///
/// Told positively, and briefly: what is not known here may be a late frame for a stream that we
/// have reset or refused, which must be ignored (RFC 9113 section 5.1).
struct UsedStreams {
  /// How many streams that ended, and how many gaps between streams, are remembered.
  static let remembered = 64

  /// The highest stream that the client has opened.
  private(set) var highest: Int32 = 0
  /// The last streams that the client has ended, in a ring.
  private var ended: [Int32] = []
  /// Where the oldest of them stands once there are as many as are remembered.
  private var oldestEnded = 0
  /// The last ranges of streams that the client has left out, in a ring.
  private var gaps: [ClosedRange<Int32>] = []
  private var gapCount = 0

  /// Notes a stream that is above all before.
  mutating func opened(_ stream: Int32) {
    // Streams of clients are odd: two further on is the next.
    if stream - highest > 2 {
      let gap = (highest + 1)...(stream - 1)
      if gaps.count < Self.remembered {
        gaps.append(gap)
      } else {
        gaps[gapCount % Self.remembered] = gap
      }
      gapCount += 1
    }
    highest = stream
  }

  /// Notes a stream that is closed after the client has ended it.
  mutating func closed(_ stream: Int32) {
    if ended.count < Self.remembered {
      ended.append(stream)
    } else {
      ended[oldestEnded] = stream
      oldestEnded = (oldestEnded + 1) % Self.remembered
    }
  }

  /// Whether the client has ended the stream.
  func hasEnded(_ stream: Int32) -> Bool { ended.contains(stream) }

  /// Whether the client has left the stream out, which closed it.
  func hasLeftOut(_ stream: Int32) -> Bool { gaps.contains { $0.contains(stream) } }
}

/// Rules of RFC 9113 that libnghttp2 1.52 lets a peer break.
extension Session {
  /// The largest frame: neither side announces another size (section 4.2).
  private static let frameBytesMax = 16 * 1024

  /// A stream identifier that was used cannot be used again (section 5.1.1).
  func judgeStream(of headers: nghttp2_frame_hd) {
    let id = headers.stream_id
    if id > usedStreams.highest { return usedStreams.opened(id) }
    // Trailers, nearly always.
    if nghttp2_session_get_stream_user_data(handle, id) != nil { return }
    if usedStreams.hasEnded(id) { fault = .streamClosed }
    if usedStreams.hasLeftOut(id) { fault = .protocolError }
  }

  /// The size of a frame is checked by the library, but not that of CONTINUATION (section 4.2).
  func judgeSize(of continuation: nghttp2_frame_hd) {
    if continuation.length > Self.frameBytesMax { fault = .frameSizeError }
  }

  /// DATA that is all padding makes no progress either (CVE-2019-9518).
  func judgePadding(of data: nghttp2_data) {
    guard data.padlen > 0, data.hd.length == data.padlen else { return }
    if !idleFrames.take(atNanoseconds: Session.monotonicNanoseconds()) { flood = .idleFrames }
  }

  /// Remembers that the peer has changed the windows of all streams at once, and the size of the
  /// compression table that it allows.
  func note(_ settings: nghttp2_settings) {
    for index in 0..<settings.niv {
      let entry = settings.iv[index]
      switch UInt32(bitPattern: entry.settings_id) {
      case NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue: hasMovedWindows = true
      case NGHTTP2_SETTINGS_HEADER_TABLE_SIZE.rawValue:
        headerEncoder?.limitTable(toBytes: entry.value)
      default: break
      }
    }
  }

  /// A change of all windows that moves one beyond the largest is an error of the connection
  /// (section 6.9.2); the library resets the stream.
  func judgeReset(_ code: ErrorCode) {
    if hasMovedWindows, code == .flowControlError { fault = .flowControlError }
  }
}
