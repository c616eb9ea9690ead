/// The limits and windows of one HTTP/2 session.
public struct SessionConfiguration: Sendable, Hashable {
  /// Streams that the peer may have open at once: 100.
  public var maxConcurrentStreams: UInt32 = 100
  /// Bytes that a peer may send on one stream before it is credited: 64 KiB.
  public var streamWindowBytes: Int32 = 64 * 1024
  /// Bytes that a peer may send on all streams before it is credited: 1 MiB.
  public var connectionWindowBytes: Int32 = 1024 * 1024
  /// Sum of name + value + 32 over the fields of one header block: 16 KiB (RFC 9113 section 6.5.2).
  public var maxHeaderListBytes: Int = 16 * 1024
  /// Fields in one header block: 100. An indexed field costs one byte on the wire, so the list
  /// size alone would not bound the work.
  public var maxHeaderFields: Int = 100
  /// Bytes in the name or the value of one field: 8 KiB.
  public var maxHeaderFieldBytes: Int = 8 * 1024
  /// RST_STREAM frames of any kind that a peer may send in a burst: 10,000. The library ends the
  /// connection beyond it; servers judge by the age of the calls, and sooner (CVE-2023-44487).
  public var resetBurst: UInt64 = 10_000
  /// RST_STREAM frames of any kind that a peer may send per second after the burst: 5,000. The
  /// library's own default of 33 closes the connections of honest clients whose deadlines expire
  /// under load.
  public var resetsPerSecond: UInt64 = 5000
  /// CONTINUATION frames in one header block: 16. The back-ported limiter counts one each time the
  /// parser enters the state, also when one frame is split over two reads.
  public var maxContinuations: Int = 16
  /// Error RST_STREAM frames that a peer may provoke in a burst: 100 (CVE-2025-8671).
  public var provokedResetBurst: Double = 100
  /// Error RST_STREAM frames that a peer may provoke per second after the burst: 10.
  public var provokedResetsPerSecond: Double = 10
  /// Frames without progress (PING, SETTINGS, PRIORITY, GOAWAY, WINDOW_UPDATE, empty DATA, unknown)
  /// in a burst: 1,000. Each HEADERS and DATA frame that is sent makes the burst whole again.
  public var idleFrameBurst: Double = 1000
  /// Frames without progress per second after the burst: 100.
  public var idleFramesPerSecond: Double = 100
  /// Header blocks over the limits that a peer may send in a burst: 3. One more ends the
  /// connection.
  public var oversizedHeaderBurst: Double = 3
  /// Header blocks over the limits that a peer may send per second after the burst: 0.1, which is
  /// one in 10 s.
  public var oversizedHeadersPerSecond: Double = 0.1
  /// Queued bytes of one stream at which `Session.send` asks the writer to wait: 24 KiB. With the
  /// handler and what the allocator adds, a reader who takes nothing costs less than 64 KiB.
  public var streamHighWaterBytes: Int = 24 * 1024
  /// Queued bytes of all streams together from which on each may queue one message at a time:
  /// 1 MiB.
  public var connectionHighWaterBytes: Int = 1024 * 1024

  /// The documented defaults.
  public init() {}
}
