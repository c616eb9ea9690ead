/// Where the library's callbacks leave what they saw, until the owner of the session reads it.
///
/// Reused from one read to the next, and free of reference counts: a small call causes eight fields
/// and four records, and counting for each of them would cost more than the rest. Header fields are
/// copied into one arena and named by offset, because the arena may move while it grows.
struct EventLog: ~Copyable {
  /// Lives at least as long as the log's records: the session keeps open streams alive, and the log
  /// itself those that have closed since.
  typealias StreamReference = Unmanaged<Session.Stream>

  enum Record {
    case headers(StreamReference, fields: Range<Int>)
    case trailers(StreamReference, fields: Range<Int>)
    case headersTooLarge(StreamReference)
    case data(StreamReference, UnsafeRawBufferPointer)
    case endOfStream(StreamReference)
    case writable(StreamReference)
    case closed(StreamReference, ErrorCode)
    case settings
    case settingsAcknowledged
    case ping(payload: UInt64, isReply: Bool)
    /// The debug data is found by its position in `debugTexts`.
    case goAway(lastStreamID: Int32, ErrorCode, debug: Int)
  }

  /// Header bytes kept from one read: 4 MiB. Each block has its own, smaller limit; this one bounds
  /// many small compressed blocks that arrive together.
  static let arenaBytesMax = 4 * 1024 * 1024

  /// Header bytes that there is room for once there are some: those of an ordinary call.
  private static let arenaBytesMin = 512
  /// Header bytes that room is kept for when they have been read.
  private static let arenaBytesKept = 64 * 1024

  var records: [Record] = []
  private(set) var fields: [FieldView.Entry] = []
  private var debugTexts: [[UInt8]] = []
  private var closedStreams: [Session.Stream] = []
  // Nothing until the first field comes: most connections of a large server are idle.
  private var arena: UnsafeMutablePointer<UInt8>
  private var arenaCount = 0
  private var arenaCapacity = 0

  /// Where the arena of a log without memory begins.
  nonisolated(unsafe) private static let nowhere = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

  init() {
    arena = Self.nowhere
  }

  deinit {
    freeArena()
  }

  private func freeArena() {
    if arenaCapacity > 0 { arena.deallocate() }
  }

  /// Whether the log has memory, for what it holds or for what comes next.
  var hasMemory: Bool { arenaCapacity > 0 || records.capacity > 0 }

  /// Keeps one field; false when the arena is full.
  mutating func append(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let nameStart = arenaCount
    let valueStart = nameStart + name.count
    guard reserve(upTo: valueStart + value.count) else { return false }
    if let start = name.baseAddress {
      (arena + nameStart).initialize(from: start, count: name.count)
    }
    if let start = value.baseAddress {
      (arena + valueStart).initialize(from: start, count: value.count)
    }
    arenaCount = valueStart + value.count
    fields.append(
      FieldView.Entry(
        nameStart: nameStart, nameCount: name.count, valueStart: valueStart,
        valueCount: value.count))
    return true
  }

  /// Notes that a stream has gone, and keeps it until the record has been read.
  mutating func appendClosed(_ stream: Session.Stream, _ code: ErrorCode) {
    closedStreams.append(stream)
    records.append(.closed(.passUnretained(stream), code))
  }

  mutating func appendGoAway(lastStreamID: Int32, _ code: ErrorCode, debug: [UInt8]) {
    records.append(.goAway(lastStreamID: lastStreamID, code, debug: debugTexts.count))
    debugTexts.append(debug)
  }

  /// Forgets the fields after a position, when their block turned out too large.
  mutating func dropFields(from start: Int) {
    guard start < fields.count else { return }
    arenaCount = fields[start].nameStart
    fields.removeSubrange(start...)
  }

  /// Copies the fields of another log from a position on.
  mutating func adopt(_ other: borrowing EventLog, from start: Int) {
    for entry in other.fields[min(start, other.fields.count)...] {
      let field = FieldView.Field(entry, in: other.arena)
      // What fitted into the other arena fits into this one: it is no larger in total.
      _ = append(name: field.name, value: field.value)
    }
  }

  /// Whether a response block carries an informational status (1xx, RFC 9110 section 15.2).
  func isInformational(_ range: Range<Int>) -> Bool {
    guard let first = range.first else { return false }
    let field = FieldView.Field(fields[first], in: arena)
    return field.name.isExactly(":status") && field.value.count == 3
      && field.value[0] == UInt8(ascii: "1")
  }

  /// Hands out the records in order. The closure may cause new ones only by feeding the session.
  func forEach(_ body: (Event) -> Void) {
    fields.withUnsafeBufferPointer { entries in
      for record in records {
        switch record {
        case .headers(let stream, let range):
          stream._withUnsafeGuaranteedRef { body(.headers($0, view(range, entries))) }
        case .trailers(let stream, let range):
          stream._withUnsafeGuaranteedRef { body(.trailers($0, view(range, entries))) }
        case .headersTooLarge(let stream):
          stream._withUnsafeGuaranteedRef { body(.headersTooLarge($0)) }
        case .data(let stream, let payload):
          stream._withUnsafeGuaranteedRef { body(.data($0, payload)) }
        case .endOfStream(let stream):
          stream._withUnsafeGuaranteedRef { body(.endOfStream($0)) }
        case .writable(let stream):
          stream._withUnsafeGuaranteedRef { body(.writable($0)) }
        case .closed(let stream, let code):
          stream._withUnsafeGuaranteedRef { body(.closed($0, code)) }
        case .settings: body(.settings)
        case .settingsAcknowledged: body(.settingsAcknowledged)
        case .ping(let payload, let isReply): body(.ping(payload: payload, isReply: isReply))
        case .goAway(let last, let code, let debug):
          body(.goAway(lastStreamID: last, code, debug: debugTexts[debug]))
        }
      }
    }
  }

  mutating func removeAll() {
    records.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    if !debugTexts.isEmpty { debugTexts.removeAll() }
    closedStreams.removeAll(keepingCapacity: true)
    arenaCount = 0
    if arenaCapacity > EventLog.arenaBytesKept { giveBack() }
  }

  /// Forgets all and gives its memory back. After an unusual read, because a peer could make each
  /// of many connections keep it.
  mutating func giveBack() {
    freeArena()
    arena = Self.nowhere
    arenaCount = 0
    arenaCapacity = 0
    records = []
    fields = []
    closedStreams = []
  }

  private func view(
    _ range: Range<Int>, _ entries: UnsafeBufferPointer<FieldView.Entry>
  ) -> FieldView {
    FieldView(bytes: arena, entries: UnsafeBufferPointer(rebasing: entries[range]))
  }

  private mutating func reserve(upTo count: Int) -> Bool {
    guard count > arenaCapacity else { return true }
    guard count <= EventLog.arenaBytesMax else { return false }
    var capacity = max(arenaCapacity, EventLog.arenaBytesMin)
    while capacity < count { capacity *= 2 }
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.initialize(from: arena, count: arenaCount)
    freeArena()
    arena = larger
    arenaCapacity = capacity
    return true
  }
}
