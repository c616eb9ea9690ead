import CNghttp2

// The functions that libnghttp2 calls. They are free functions at file scope, so that no actor's
// isolation is checked on the way in. Each turns the user data into its session and appends to the
// session's log: submitting is allowed from here, sending and receiving are not. None of them
// returns a fatal code: a failing close callback leaks in 1.52 (CVE-2023-35945).

/// Lends the session to a callback. Its reference is not counted, as it outlives every call of the
/// library, and there are some thirty callbacks in a small call.
@inline(__always)
private func withSession(
  _ userData: UnsafeMutableRawPointer?, _ body: (Session) -> Void
) -> Int32 {
  guard let userData else { return 0 }
  Unmanaged<Session>.fromOpaque(userData)._withUnsafeGuaranteedRef { body($0) }
  return 0
}

/// The stream of a frame, not counted either: the session keeps it until it is closed.
@inline(__always)
private func stream(_ handle: OpaquePointer?, _ id: Int32) -> EventLog.StreamReference? {
  guard id != 0, let pointer = nghttp2_session_get_stream_user_data(handle, id) else { return nil }
  return EventLog.StreamReference.fromOpaque(pointer)
}

/// Begins a header block; on a server also the stream, when it is the first block of one.
func onBeginHeaders(
  _ handle: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  guard let frame else { return 0 }
  return withSession(userData) { session in
    session.blockStart = session.log.fields.count
    session.blockBytes = 0
    session.blockIsOversized = false
    session.blockIsOpen = true
    session.blockStreamID = frame.pointee.hd.stream_id
    if session.role == .server, frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
      let stream = Session.Stream(id: frame.pointee.hd.stream_id)
      session.register(stream)
      nghttp2_session_set_stream_user_data(
        handle, stream.id, Unmanaged.passUnretained(stream).toOpaque())
    }
  }
}

/// Keeps one field. The library enforces no limit on decoded headers, so this does: a reference to
/// a large field in the compression table costs one byte on the wire.
///
/// What is a little too large is read to its end, and its caller is told. Far beyond the limit the
/// block is given up: the library looks at every byte of every field that it hands out, and
/// thousands of references to a large one would keep it busy for tens of milliseconds.
func onHeader(
  _ handle: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ name: UnsafePointer<UInt8>?, _ nameCount: Int,
  _ value: UnsafePointer<UInt8>?, _ valueCount: Int,
  _ flags: UInt8, _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  var isGivenUp = false
  _ = withSession(userData) { session in
    session.blockBytes += nameCount + valueCount + 32
    if session.blockIsOversized {
      isGivenUp = session.blockBytes / 4 > session.configuration.maxHeaderListBytes
      if isGivenUp { session.giveUpBlock(of: stream(handle, session.blockStreamID)) }
      return
    }
    let fieldCount = session.log.fields.count - session.blockStart
    let fits =
      session.blockBytes <= session.configuration.maxHeaderListBytes
      && fieldCount < session.configuration.maxHeaderFields
      && max(nameCount, valueCount) <= session.configuration.maxHeaderFieldBytes
      && session.log.append(
        name: UnsafeBufferPointer(start: name, count: nameCount),
        value: UnsafeBufferPointer(start: value, count: valueCount))
    if fits { return }
    session.log.dropFields(from: session.blockStart)
    session.blockIsOversized = true
    if !session.oversizedBlocks.take(atNanoseconds: Session.monotonicNanoseconds()) {
      session.flood = .headerBlocks
    }
  }
  return isGivenUp ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue : 0
}

/// A field that HTTP forbids makes a request malformed (RFC 9113 section 8.2.1): the library resets
/// its stream. Of a response only the field is dropped.
func onInvalidHeader(
  _ handle: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ name: UnsafePointer<UInt8>?, _ nameCount: Int,
  _ value: UnsafePointer<UInt8>?, _ valueCount: Int,
  _ flags: UInt8, _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  var isRequest = false
  _ = withSession(userData) {
    isRequest = $0.role == .server
    // The rest of the block is not looked at.
    if isRequest { $0.blockIsOpen = false }
  }
  return isRequest ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue : 0
}

/// Notes payload, as a pointer into the bytes being received.
func onDataChunk(
  _ handle: OpaquePointer?, _ flags: UInt8, _ streamID: Int32,
  _ bytes: UnsafePointer<UInt8>?, _ count: Int, _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  withSession(userData) { session in
    guard let stream = stream(handle, streamID) else {
      // Nobody will read it, and the connection must not starve because of it.
      nghttp2_session_consume_connection(handle, count)
      return
    }
    session.log.records.append(.data(stream, UnsafeRawBufferPointer(start: bytes, count: count)))
  }
}

/// Counts the frames that make no progress (CVE-2019-9512, -9515, -9518 and kin), and looks at
/// those that the library does not look at closely enough.
func onBeginFrame(
  _ handle: OpaquePointer?, _ header: UnsafePointer<nghttp2_frame_hd>?,
  _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  guard let header = header?.pointee else { return 0 }
  switch UInt32(header.type) {
  case NGHTTP2_HEADERS.rawValue:
    return withSession(userData) { if $0.role == .server { $0.judgeStream(of: header) } }
  case NGHTTP2_CONTINUATION.rawValue:
    return withSession(userData) { $0.judgeSize(of: header) }
  case NGHTTP2_RST_STREAM.rawValue:
    return 0
  case NGHTTP2_WINDOW_UPDATE.rawValue:
    // gRPC C++ gives credit with every write: one or two for each call.
    return withSession(userData) { session in
      if session.idleFrames.takeSpare() { return }
      if !session.idleFrames.take(atNanoseconds: Session.monotonicNanoseconds()) {
        session.flood = .idleFrames
      }
    }
  case NGHTTP2_DATA.rawValue:
    let endsStream = UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    if header.length > 0 || endsStream { return 0 }
  default:
    break
  }
  return withSession(userData) { session in
    if !session.idleFrames.take(atNanoseconds: Session.monotonicNanoseconds()) {
      session.flood = .idleFrames
    }
  }
}

/// Drops the payload of a frame of unknown type (RFC 9113 section 4.1).
func unpackExtension(
  _ handle: OpaquePointer?, _ payload: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  _ header: UnsafePointer<nghttp2_frame_hd>?, _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  NGHTTP2_ERR_CANCEL.rawValue
}

/// Turns a whole received frame into its event.
func onFrameReceived(
  _ handle: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  guard let frame else { return 0 }
  return withSession(userData) { session in
    let header = frame.pointee.hd
    let endsStream = UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    switch UInt32(header.type) {
    case NGHTTP2_HEADERS.rawValue:
      guard let stream = stream(handle, header.stream_id) else { return }
      stream._withUnsafeGuaranteedRef { session.recordHeaders($0) }
      guard endsStream else { return }
      stream._withUnsafeGuaranteedRef { $0.hasPeerEndedWithHeaders = true }
      stream._withUnsafeGuaranteedRef { session.recordEnd($0) }
    case NGHTTP2_DATA.rawValue:
      guard endsStream else { return session.judgePadding(of: frame.pointee.data) }
      guard let stream = stream(handle, header.stream_id) else { return }
      stream._withUnsafeGuaranteedRef { session.recordEnd($0) }
    case NGHTTP2_RST_STREAM.rawValue:
      guard let stream = stream(handle, header.stream_id) else { return }
      stream._withUnsafeGuaranteedRef { $0.isResetByPeer = true }
    case NGHTTP2_SETTINGS.rawValue:
      let isAck = UInt32(header.flags) & NGHTTP2_FLAG_ACK.rawValue != 0
      if !isAck {
        session.hasPeerSettings = true
        session.note(frame.pointee.settings)
      }
      session.log.records.append(isAck ? .settingsAcknowledged : .settings)
    case NGHTTP2_PING.rawValue:
      let isReply = UInt32(header.flags) & NGHTTP2_FLAG_ACK.rawValue != 0
      let payload = withUnsafeBytes(of: frame.pointee.ping.opaque_data) {
        UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self))
      }
      session.log.records.append(.ping(payload: payload, isReply: isReply))
    case NGHTTP2_GOAWAY.rawValue:
      let goAway = frame.pointee.goaway
      let debug = [UInt8](
        UnsafeBufferPointer(start: goAway.opaque_data, count: min(goAway.opaque_data_len, 1024)))
      session.log.appendGoAway(
        lastStreamID: goAway.last_stream_id, ErrorCode(rawValue: goAway.error_code), debug: debug)
    default:
      break
    }
  }
}

/// Watches what goes out: the end of an answer that came before the end of its request, the resets
/// that a peer provokes, and progress, which pays for pings.
func onFrameSent(
  _ handle: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  guard let frame else { return 0 }
  return withSession(userData) { session in
    let header = frame.pointee.hd
    switch UInt32(header.type) {
    case NGHTTP2_HEADERS.rawValue:
      session.hasSentProgress = true
      if !session.idleFrames.isFull { session.idleFrames.refill() }
      let endsStream = UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
      guard endsStream, session.role == .server, let stream = stream(handle, header.stream_id),
        !stream._withUnsafeGuaranteedRef({ $0.hasPeerEnded })
      else { return }
      // RFC 9113 section 8.1: the rest of the request is not wanted. Only now, since a reset drops
      // the frames of the stream that are still queued.
      nghttp2_submit_rst_stream(
        handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), header.stream_id,
        ErrorCode.noError.rawValue)
    case NGHTTP2_DATA.rawValue:
      session.hasSentProgress = true
      if !session.idleFrames.isFull { session.idleFrames.refill() }
    case NGHTTP2_GOAWAY.rawValue:
      // The library ended the session for the peer's fault. Feeding it further bytes was an
      // assertion failure before the fix of CVE-2026-27135.
      let goAway = frame.pointee.goaway
      guard goAway.error_code != ErrorCode.noError.rawValue else { return }
      session.markEnded()
      let words = UnsafeBufferPointer(
        start: goAway.opaque_data, count: min(goAway.opaque_data_len, 200))
      session.peerFault = Session.PeerFault(
        code: ErrorCode(rawValue: goAway.error_code),
        words: String(decoding: words, as: UTF8.self))
    case NGHTTP2_RST_STREAM.rawValue:
      let code = ErrorCode(rawValue: frame.pointee.rst_stream.error_code)
      session.judgeReset(code)
      if let stream = stream(handle, header.stream_id) {
        stream._withUnsafeGuaranteedRef { $0.wasResetHere = true }
      }
      switch code {
      case .noError, .cancel, .refusedStream:
        break
      default:
        if !session.provokedResets.take(atNanoseconds: Session.monotonicNanoseconds()) {
          session.flood = .provokedResets
        }
      }
    default:
      break
    }
  }
}

/// Lets go of a stream.
func onStreamClose(
  _ handle: OpaquePointer?, _ streamID: Int32, _ code: UInt32,
  _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  withSession(userData) { session in
    guard let reference = stream(handle, streamID) else { return }
    let stream = reference.takeUnretainedValue()
    stream.isClosed = true
    if stream.hasPeerEnded, session.role == .server { session.usedStreams.closed(streamID) }
    session.dropQueue(of: stream)
    session.log.appendClosed(stream, ErrorCode(rawValue: code))
    session.unregister(stream)
  }
}

/// Gives the library the next payload bytes of a stream, and the trailers right behind the last.
func readPayload(
  _ handle: OpaquePointer?, _ streamID: Int32, _ buffer: UnsafeMutablePointer<UInt8>?,
  _ capacity: Int, _ dataFlags: UnsafeMutablePointer<UInt32>?,
  _ source: UnsafeMutablePointer<nghttp2_data_source>?, _ userData: UnsafeMutableRawPointer?
) -> Int {
  guard let userData, let pointer = source?.pointee.ptr, let dataFlags else {
    return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
  }
  let buffer = UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
  return Unmanaged<Session>.fromOpaque(userData)._withUnsafeGuaranteedRef { session in
    EventLog.StreamReference.fromOpaque(pointer)._withUnsafeGuaranteedRef { stream in
      session.fill(buffer, from: stream, &dataFlags.pointee)
    }
  }
}

extension Session {
  func recordHeaders(_ stream: Stream) {
    blockIsOpen = false
    precondition(blockStart <= log.fields.count, "a block begins before it ends")
    let range = blockStart..<log.fields.count
    if blockIsOversized {
      log.records.append(.headersTooLarge(.passUnretained(stream)))
      return
    }
    guard !stream.hasFinalHeaders else {
      log.records.append(.trailers(.passUnretained(stream), fields: range))
      return
    }
    if role == .client, log.isInformational(range) { return }
    stream.hasFinalHeaders = true
    log.records.append(.headers(.passUnretained(stream), fields: range))
  }

  /// Ends a block in its middle. The library resets the stream; who called a server is told why.
  func giveUpBlock(of stream: EventLog.StreamReference?) {
    blockIsOpen = false
    guard role == .client, let stream else { return }
    log.records.append(.headersTooLarge(stream))
  }

  func recordEnd(_ stream: Stream) {
    stream.hasPeerEnded = true
    log.records.append(.endOfStream(.passUnretained(stream)))
  }

  /// Whether a stream may queue more again. Where all of them have queued too much together, that
  /// is when it has nothing queued itself: its own progress wakes it, whatever the others do.
  private func hasRoom(_ stream: Stream) -> Bool {
    let queued = stream.outbound.byteCount
    return queued == 0
      || queued < configuration.streamHighWaterBytes / 2
        && queuedCount < configuration.connectionHighWaterBytes
  }

  func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from stream: Stream, _ flags: inout UInt32
  ) -> Int {
    let count = stream.outbound.take(into: buffer)
    queuedCount -= count
    if stream.wantsWritable, hasRoom(stream) {
      stream.wantsWritable = false
      log.records.append(.writable(.passUnretained(stream)))
    }
    guard stream.outbound.byteCount == 0 else { return count }
    switch stream.outbound.ending {
    case .open:
      guard count == 0 else { return count }
      stream.isDeferred = true
      return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    case .endStream:
      flags |= NGHTTP2_DATA_FLAG_EOF.rawValue
    case .trailers(let fields):
      flags |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      submitTrailers(fields, on: stream)
    case .preparedTrailers(let fields):
      flags |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      nghttp2_submit_trailer(handle, stream.id, fields.pairs.baseAddress, fields.pairs.count)
    }
    return count
  }
}
