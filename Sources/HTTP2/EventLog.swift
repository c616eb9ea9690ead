/// Where the library's callbacks leave what they saw, until the owner of the session reads it.
///
/// Reused from one read to the next. Header fields are copied into one arena and named by offset,
/// because the arena may move while it grows.
struct EventLog {
  enum Record {
    case headers(Session.Stream, fields: Range<Int>)
    case trailers(Session.Stream, fields: Range<Int>)
    case headersTooLarge(Session.Stream)
    case data(Session.Stream, UnsafeRawBufferPointer)
    case endOfStream(Session.Stream)
    case writable(Session.Stream)
    case closed(Session.Stream, ErrorCode)
    case settings
    case settingsAcknowledged
    case ping(payload: UInt64, isReply: Bool)
    case goAway(lastStreamID: Int32, ErrorCode, debug: [UInt8])
  }

  /// Header bytes kept from one read: 4 MiB. Each block has its own, smaller limit; this one bounds
  /// many small compressed blocks that arrive together.
  static let arenaBytesMax = 4 * 1024 * 1024

  var records: [Record] = []
  private(set) var fields: [FieldView.Entry] = []
  private var arena: [UInt8] = []

  init() {
    records.reserveCapacity(256)
    fields.reserveCapacity(512)
    arena.reserveCapacity(16 * 1024)
  }

  /// Keeps one field; false when the arena is full.
  mutating func append(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    guard arena.count + name.count + value.count <= EventLog.arenaBytesMax else { return false }
    let nameStart = arena.count
    arena.append(contentsOf: name)
    let valueStart = arena.count
    arena.append(contentsOf: value)
    fields.append(
      FieldView.Entry(
        nameStart: nameStart, nameCount: name.count, valueStart: valueStart,
        valueCount: value.count))
    return true
  }

  /// Forgets the fields after a position, when their block turned out too large.
  mutating func dropFields(from start: Int) {
    guard start < fields.count else { return }
    arena.removeSubrange(fields[start].nameStart...)
    fields.removeSubrange(start...)
  }

  /// Copies the fields of another log from a position on.
  mutating func adopt(_ other: EventLog, from start: Int) {
    guard start < other.fields.count else { return }
    let shift = other.fields[start].nameStart - arena.count
    arena.append(contentsOf: other.arena[other.fields[start].nameStart...])
    for var entry in other.fields[start...] {
      entry.nameStart -= shift
      entry.valueStart -= shift
      fields.append(entry)
    }
  }

  /// Whether a response block carries an informational status (1xx, RFC 9110 section 15.2).
  func isInformational(_ range: Range<Int>) -> Bool {
    guard let first = range.first else { return false }
    let entry = fields[first]
    guard entry.nameCount == 7, entry.valueCount == 3 else { return false }
    return arena[entry.nameStart..<(entry.nameStart + 7)].elementsEqual(":status".utf8)
      && arena[entry.valueStart] == UInt8(ascii: "1")
  }

  /// Hands out the records in order. The closure may cause new ones only by feeding the session.
  func forEach(_ body: (Event) -> Void) {
    arena.withUnsafeBufferPointer { bytes in
      fields.withUnsafeBufferPointer { entries in
        for record in records {
          switch record {
          case .headers(let stream, let range):
            body(.headers(stream, view(range, bytes, entries)))
          case .trailers(let stream, let range):
            body(.trailers(stream, view(range, bytes, entries)))
          case .headersTooLarge(let stream): body(.headersTooLarge(stream))
          case .data(let stream, let payload): body(.data(stream, payload))
          case .endOfStream(let stream): body(.endOfStream(stream))
          case .writable(let stream): body(.writable(stream))
          case .closed(let stream, let code): body(.closed(stream, code))
          case .settings: body(.settings)
          case .settingsAcknowledged: body(.settingsAcknowledged)
          case .ping(let payload, let isReply): body(.ping(payload: payload, isReply: isReply))
          case .goAway(let last, let code, let debug):
            body(.goAway(lastStreamID: last, code, debug: debug))
          }
        }
      }
    }
  }

  mutating func removeAll() {
    records.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    arena.removeAll(keepingCapacity: true)
  }

  private func view(
    _ range: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>,
    _ entries: UnsafeBufferPointer<FieldView.Entry>
  ) -> FieldView {
    FieldView(bytes: bytes.baseAddress, entries: UnsafeBufferPointer(rebasing: entries[range]))
  }
}
