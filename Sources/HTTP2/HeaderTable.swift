/// The fields that the peer remembers, the newest last (RFC 7541 section 2.3.2).
struct HeaderTable {
  private struct Entry {
    /// Name and value, one behind the other.
    let bytes: [UInt8]
    let nameCount: Int

    var size: Int { bytes.count + HeaderTable.overhead }
  }

  /// What each field counts beside its bytes (RFC 7541 section 4.1).
  private static let overhead = 32

  private var entries: [Entry] = []
  private var size = 0
  private(set) var maxBytes: Int

  init(maxBytes: Int) { self.maxBytes = maxBytes }

  /// Changes the size, for which the oldest fields are forgotten.
  mutating func resize(to bytes: Int) {
    maxBytes = bytes
    evict(forBytes: 0)
  }

  /// Whether a field fits without driving out most of the others.
  func hasRoom(for name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    name.count + value.count + Self.overhead <= maxBytes / 2
  }

  /// Adds a field that fits.
  mutating func insert(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    let entry = Entry(bytes: [UInt8](name) + [UInt8](value), nameCount: name.count)
    precondition(entry.size <= maxBytes, "a field larger than the table")
    evict(forBytes: entry.size)
    entries.append(entry)
    size += entry.size
  }

  private mutating func evict(forBytes wanted: Int) {
    var count = 0
    while size + wanted > maxBytes, count < entries.count {
      size -= entries[count].size
      count += 1
    }
    entries.removeFirst(count)
  }

  /// The index of a field; nil when it is not there.
  func index(of name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Int? {
    find { entry in
      guard entry.nameCount == name.count, entry.bytes.count == name.count + value.count else {
        return false
      }
      return entry.bytes.withUnsafeBytes { bytes in
        bytes.prefix(name.count).isEqual(to: name) && bytes.dropFirst(name.count).isEqual(to: value)
      }
    }
  }

  /// The index of a field with a name; nil when there is none.
  func index(ofName name: UnsafeRawBufferPointer) -> Int? {
    find { entry in
      guard entry.nameCount == name.count else { return false }
      return entry.bytes.withUnsafeBytes { $0.prefix(name.count).isEqual(to: name) }
    }
  }

  private func find(_ isWanted: (Entry) -> Bool) -> Int? {
    entries.lastIndex(where: isWanted).map { StaticHeaderTable.count + entries.count - $0 }
  }
}

/// The fields that every HTTP/2 peer knows (RFC 7541 appendix A).
enum StaticHeaderTable {
  static var count: Int { fields.count }

  /// The index of a field; nil when it is not there.
  static func index(of name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Int? {
    for place in places(ofNamesLike: name) where fields[place].name.isEqual(to: name) {
      if fields[place].value?.isEqual(to: value) ?? value.isEmpty { return place + 1 }
    }
    return nil
  }

  /// The index of the first field with a name; nil when there is none.
  static func index(ofName name: UnsafeRawBufferPointer) -> Int? {
    places(ofNamesLike: name).first { fields[$0].name.isEqual(to: name) }.map { $0 + 1 }
  }

  private static func places(ofNamesLike name: UnsafeRawBufferPointer) -> [Int] {
    name.count < byNameCount.count ? byNameCount[name.count] : []
  }

  /// The places of names of so many bytes.
  private static let byNameCount: [[Int]] = {
    let longest = fields.reduce(0) { max($0, $1.name.count) }
    var places = [[Int]](repeating: [], count: longest + 1)
    for (place, field) in fields.enumerated() { places[field.name.count].append(place) }
    return places
  }()

  /// In the order of the appendix, whose indices count from 1; a value of nil is an empty one.
  private static let fields: [(name: StaticBytes, value: StaticBytes?)] = [
    field(":authority"),
    field(":method", "GET"),
    field(":method", "POST"),
    field(":path", "/"),
    field(":path", "/index.html"),
    field(":scheme", "http"),
    field(":scheme", "https"),
    field(":status", "200"),
    field(":status", "204"),
    field(":status", "206"),
    field(":status", "304"),
    field(":status", "400"),
    field(":status", "404"),
    field(":status", "500"),
    field("accept-charset"),
    field("accept-encoding", "gzip, deflate"),
    field("accept-language"),
    field("accept-ranges"),
    field("accept"),
    field("access-control-allow-origin"),
    field("age"),
    field("allow"),
    field("authorization"),
    field("cache-control"),
    field("content-disposition"),
    field("content-encoding"),
    field("content-language"),
    field("content-length"),
    field("content-location"),
    field("content-range"),
    field("content-type"),
    field("cookie"),
    field("date"),
    field("etag"),
    field("expect"),
    field("expires"),
    field("from"),
    field("host"),
    field("if-match"),
    field("if-modified-since"),
    field("if-none-match"),
    field("if-range"),
    field("if-unmodified-since"),
    field("last-modified"),
    field("link"),
    field("location"),
    field("max-forwards"),
    field("proxy-authenticate"),
    field("proxy-authorization"),
    field("range"),
    field("referer"),
    field("refresh"),
    field("retry-after"),
    field("server"),
    field("set-cookie"),
    field("strict-transport-security"),
    field("transfer-encoding"),
    field("user-agent"),
    field("vary"),
    field("via"),
    field("www-authenticate"),
  ]

  private static func field(
    _ name: StaticString, _ value: StaticString? = nil
  ) -> (name: StaticBytes, value: StaticBytes?) {
    (StaticBytes(name), value.map { StaticBytes($0) })
  }
}
