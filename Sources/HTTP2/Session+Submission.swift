import CNghttp2

extension Session {
  /// Opens a stream with a request (client only).
  ///
  /// With `endStream` no payload follows. Requests above the peer's stream limit wait inside the
  /// library, without deadline: compare `openStreams.count` with `peerMaxConcurrentStreams` first.
  /// Throws ``HTTP2Error/fieldsTooLarge(bytes:)`` when the fields are larger than any server reads.
  public func submitRequest(_ fields: FieldList, endStream: Bool = false, context: AnyObject? = nil)
    throws(HTTP2Error) -> Stream
  {
    precondition(role == .client)
    guard !isEnded else { throw .ended }
    guard fields.byteCount <= Self.sentFieldBytesMax else {
      throw .fieldsTooLarge(bytes: fields.byteCount)
    }
    let stream = Stream(id: 0)
    stream.context = context
    let pointer = Unmanaged.passUnretained(stream).toOpaque()
    let id = withProvider(endStream ? nil : stream) {
      nghttp2_submit_request(handle, nil, nil, 0, $0, pointer)
    }
    guard id > 0 else { throw .library(code: id, operation: "submit request") }
    stream.id = id
    stream.unsentFields = fields
    if endStream { stream.outbound.ending = .endStream }
    register(stream)
    return stream
  }

  /// Sends the first header block of a response (server only).
  ///
  /// With `endStream` it is the whole response. Otherwise `send` and `finish` follow.
  public func submitResponse(_ stream: Stream, _ fields: FieldList, endStream: Bool = false) {
    precondition(role == .server)
    guard !isEnded, !stream.isClosed else { return }
    let code = withFields(fields) { nva, count in
      withProvider(endStream ? nil : stream) {
        nghttp2_submit_response(handle, stream.id, nva, count, $0)
      }
    }
    if endStream { stream.outbound.ending = .endStream }
    if code != 0 { reset(stream, .internalError) }
  }

  /// Sends a whole response (server only): a header block, payload, trailers.
  public func respond(
    _ stream: Stream, _ fields: PreparedFields, payload: [UInt8], trailers: PreparedFields
  ) {
    precondition(role == .server)
    guard !isEnded, !stream.isClosed else { return }
    stream.outbound.append(payload)
    queuedCount += payload.count
    stream.outbound.ending = .preparedTrailers(trailers)
    let code = withProvider(stream) {
      nghttp2_submit_response(
        handle, stream.id, fields.pairs.baseAddress, fields.pairs.count, $0)
    }
    if code != 0 { reset(stream, .internalError) }
  }

  /// Queues payload bytes. Returns false when the writer should wait for `.writable`: the stream
  /// has queued enough, or all of them together have, and then each may keep one message.
  @discardableResult
  public func send(_ bytes: [UInt8], on stream: Stream) -> Bool {
    guard !isEnded, !stream.isClosed, case .open = stream.outbound.ending else { return true }
    stream.outbound.append(bytes)
    queuedCount += bytes.count
    resume(stream)
    guard
      stream.outbound.byteCount >= configuration.streamHighWaterBytes
        || queuedCount >= configuration.connectionHighWaterBytes
    else { return true }
    stream.wantsWritable = true
    return false
  }

  /// Ends our side of the stream after the queued bytes: with trailers, or without.
  public func finish(_ stream: Stream, trailers: FieldList? = nil) {
    guard !isEnded, !stream.isClosed, case .open = stream.outbound.ending else { return }
    stream.outbound.ending = trailers.map { .trailers($0) } ?? .endStream
    // A parked stream must be resumed for its trailers too, or they would sit there for ever.
    resume(stream)
  }

  /// Resets the stream. Queued frames of the stream are dropped; `.closed` follows.
  public func reset(_ stream: Stream, _ code: ErrorCode) {
    guard !isEnded, !stream.isClosed else { return }
    dropQueue(of: stream)
    stream.outbound.ending = .endStream
    nghttp2_submit_rst_stream(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code.rawValue)
  }

  /// Credits the peer for received payload on the connection, whoever reads it.
  public func consumeConnection(_ count: Int) {
    guard !isEnded, count > 0 else { return }
    nghttp2_session_consume_connection(handle, count)
  }

  /// Credits the peer for received payload on one stream, once it has been read.
  public func consumeStream(_ stream: Stream, _ count: Int) {
    guard !isEnded, !stream.isClosed, count > 0 else { return }
    nghttp2_session_consume_stream(handle, stream.id, count)
  }

  /// Sends a PING; `.ping(isReply: true)` brings the payload back.
  public func submitPing(_ payload: UInt64) {
    guard !isEnded else { return }
    withUnsafeBytes(of: payload.bigEndian) { bytes in
      let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      nghttp2_submit_ping(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), start)
    }
  }

  /// Tells clients that no new streams will be accepted soon: GOAWAY with the highest identifier
  /// (RFC 9113 section 6.8). A server calls `goAway` one round trip later.
  public func submitShutdownNotice() {
    guard !isEnded, role == .server else { return }
    nghttp2_submit_shutdown_notice(handle)
  }

  /// Sends GOAWAY naming the last stream that was processed. Open streams go on.
  public func goAway(_ code: ErrorCode = .noError, debug: [UInt8] = []) {
    guard !isEnded else { return }
    if code != .noError { hasSaidGoodbye = true }
    let last = nghttp2_session_get_last_proc_stream_id(handle)
    let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    debug.withUnsafeBufferPointer { text in
      _ = nghttp2_submit_goaway(
        handle, none, last, code.rawValue, text.baseAddress, text.count)
    }
  }

  /// Ends the session: GOAWAY is queued, nothing more is read. Pull the output, then close.
  public func terminate(_ code: ErrorCode) {
    guard !isEnded else { return }
    hasSaidGoodbye = true
    nghttp2_session_terminate_session(handle, code.rawValue)
    markEnded()
  }

  /// How many streams the peer lets us open at once; 100 until its SETTINGS arrive.
  public var peerMaxConcurrentStreams: UInt32 {
    let value = nghttp2_session_get_remote_settings(
      handle, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
    return hasPeerSettings ? value : min(value, 100)
  }

  func dropQueue(of stream: Stream) {
    queuedCount -= stream.outbound.byteCount
    stream.outbound.removeAll()
  }

  func resume(_ stream: Stream) {
    guard stream.isDeferred else { return }
    stream.isDeferred = false
    nghttp2_session_resume_data(handle, stream.id)
  }

  func register(_ stream: Stream) {
    stream.slot = openStreams.count
    openStreams.append(stream)
  }

  func unregister(_ stream: Stream) {
    guard stream.slot < openStreams.count, openStreams[stream.slot] === stream else { return }
    let last = openStreams.removeLast()
    if last !== stream {
      last.slot = stream.slot
      openStreams[stream.slot] = last
    }
  }

  private func withProvider(
    _ stream: Stream?, _ body: (UnsafePointer<nghttp2_data_provider>?) -> Int32
  ) -> Int32 {
    guard let stream else { return body(nil) }
    var provider = nghttp2_data_provider(
      source: nghttp2_data_source(ptr: Unmanaged.passUnretained(stream).toOpaque()),
      read_callback: readPayload)
    return body(&provider)
  }

  /// Lends the fields to the library as name/value pairs; it copies what is not a literal.
  func withFields<Result>(
    _ list: FieldList, _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
  ) -> Result {
    scratch.removeAll(keepingCapacity: true)
    return list.bytes.withUnsafeBufferPointer { bytes in
      for entry in list.entries { scratch.append(entry.pair(storedIn: bytes.baseAddress)) }
      return scratch.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
    }
  }
}
