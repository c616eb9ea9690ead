extension Session {
  /// One stream of a session.
  ///
  /// Lives until both the session and its users let go of it. After `isClosed` everything asked of
  /// it is lawful and does nothing.
  public final class Stream {
    // Unchecked for the same reason as what the session holds.

    /// The stream identifier (RFC 9113 section 5.1.1): odd, as only clients open streams here.
    @exclusivity(unchecked) public internal(set) var id: Int32
    /// Whatever the owner of the session wants to find again with the stream.
    ///
    /// Computed, because other modules check every access to a stored property at run time.
    public var context: AnyObject? {
      get { owner }
      set { owner = newValue }
    }
    @exclusivity(unchecked) private var owner: AnyObject?
    /// Whether the stream is gone from the session.
    @exclusivity(unchecked) public internal(set) var isClosed = false
    /// Whether the peer has half-closed the stream.
    @exclusivity(unchecked) public internal(set) var hasPeerEnded = false
    /// Whether it did so with a header block, not with payload.
    @exclusivity(unchecked) public internal(set) var hasPeerEndedWithHeaders = false
    /// Whether this side has reset the stream: its owner, or the library for the peer's fault.
    @exclusivity(unchecked) public internal(set) var wasResetHere = false

    /// Whether the peer has reset the stream.
    @exclusivity(unchecked) public internal(set) var isResetByPeer = false

    /// Position in `Session.openStreams`.
    @exclusivity(unchecked) var slot = 0
    @exclusivity(unchecked) var hasFinalHeaders = false
    @exclusivity(unchecked) var outbound = OutboundQueue()
    /// A client's header block that the library has not got to yet: it is compressed when it is
    /// sent, since blocks must be compressed in the order in which they are sent.
    @exclusivity(unchecked) var unsentFields: FieldList?
    /// The peer's reading side is parked: the library asked for bytes and there were none.
    @exclusivity(unchecked) var isDeferred = false
    @exclusivity(unchecked) var wantsWritable = false

    init(id: Int32) {
      self.id = id
    }

    /// The block to be sent; from now on there is none.
    func takeUnsentFields() -> FieldList? {
      defer { unsentFields = nil }
      return unsentFields
    }

    /// Bytes handed to `Session.send` that the library has not taken so far.
    public var queuedBytes: Int { outbound.byteCount }
    /// Payload bytes that the library has taken so far: what the peer's windows let go.
    public var takenBytes: Int { outbound.takenCount }
    /// Whether `Session.send` has asked the writer to wait and `.writable` has not come since.
    public var isFull: Bool { wantsWritable }
  }
}

/// The payload bytes that wait to be sent on one stream, and how the stream ends after them.
struct OutboundQueue {
  enum Ending {
    case open
    case endStream
    case trailers(FieldList)
    case preparedTrailers(PreparedFields)
  }

  /// Small chunks are joined up to this size, that of a DATA frame: thousands of arrays that wait
  /// to be copied and freed one by one cost more than copying their few bytes twice.
  private static let joinedBytesMax = 16 * 1024

  private(set) var byteCount = 0
  private(set) var takenCount = 0
  var ending = Ending.open
  // Nearly every stream sends one message at a time: the first chunk needs no array around it.
  private var head: [UInt8] = []
  private var headOffset = 0
  private var rest: [[UInt8]] = []
  private var restStart = 0

  mutating func append(_ chunk: [UInt8]) {
    guard !chunk.isEmpty else { return }
    if byteCount == 0 {
      head = chunk
      headOffset = 0
    } else if restStart < rest.count,
      rest[rest.count - 1].count + chunk.count <= Self.joinedBytesMax
    {
      rest[rest.count - 1].append(contentsOf: chunk)
    } else {
      rest.append(chunk)
    }
    byteCount += chunk.count
  }

  /// Moves as many bytes as fit into a buffer, and says how many.
  mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var written = 0
    while written < buffer.count, byteCount > 0 {
      let count = min(buffer.count - written, head.count - headOffset)
      head.withUnsafeBytes { source in
        let piece = UnsafeRawBufferPointer(rebasing: source[headOffset..<(headOffset + count)])
        UnsafeMutableRawBufferPointer(rebasing: buffer[written...]).copyMemory(from: piece)
      }
      written += count
      headOffset += count
      byteCount -= count
      if headOffset == head.count { advance() }
    }
    takenCount += written
    return written
  }

  mutating func removeAll() {
    self = OutboundQueue()
  }

  private mutating func advance() {
    headOffset = 0
    guard restStart < rest.count else {
      head = []
      rest.removeAll(keepingCapacity: false)
      restStart = 0
      return
    }
    head = rest[restStart]
    rest[restStart] = []
    restStart += 1
  }
}
