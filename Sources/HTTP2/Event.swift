/// What received bytes, or the sending of queued ones, meant.
///
/// Events are handed out in the order of the wire. Field views and payloads point into buffers
/// that are reused: they are valid only inside the closure that receives the event.
public enum Event {
  /// The first header block: a request on a server, the final response on a client. Informational
  /// (1xx) responses are skipped.
  case headers(Session.Stream, FieldView)
  /// A later header block.
  case trailers(Session.Stream, FieldView)
  /// A header block over the configured limits. Nothing of it was kept.
  case headersTooLarge(Session.Stream)
  /// Payload bytes, without padding. The receiver owes `consumeConnection` and `consumeStream`.
  case data(Session.Stream, UnsafeRawBufferPointer)
  /// The peer has half-closed the stream.
  case endOfStream(Session.Stream)
  /// Bytes queued with `send` went below the high-water mark again after `send` returned false.
  case writable(Session.Stream)
  /// The stream is gone: `noError` after both sides ended it, else why it was reset.
  case closed(Session.Stream, ErrorCode)
  /// The peer's SETTINGS arrived; `Session.peerMaxConcurrentStreams` may have changed.
  case settings
  /// The peer acknowledged our SETTINGS.
  case settingsAcknowledged
  /// A PING, or with `isReply` the answer to one of ours. Requests are answered by the session.
  case ping(payload: UInt64, isReply: Bool)
  /// The peer is going away: streams above `lastStreamID` were not processed.
  case goAway(lastStreamID: Int32, ErrorCode, debug: [UInt8])
}
