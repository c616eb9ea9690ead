import GRDB
import GRDBSQLite
import Ledger

/// An error of SQLite on the hot path.
struct RawSQLError: Error, CustomStringConvertible {
  let code: Int32
  /// Whether there was no room.
  let isFull: Bool
  let description: String

  /// An error that was returned, not noted by a connection.
  init(code: Int32) {
    self.code = code
    isFull = code & 0xff == SQLITE_FULL
    description = "SQLite error \(code): \(String(cString: sqlite3_errstr(code)))"
  }

  init(_ connection: OpaquePointer?) {
    code = sqlite3_extended_errcode(connection)
    isFull = code & 0xff == SQLITE_FULL
    description = "SQLite error \(code): \(String(cString: sqlite3_errmsg(connection)))"
  }
}

/// A prepared statement without the cost of boxing its arguments: for the paths that every command
/// takes. Used on its connection's queue only, and finalized before the connection is closed.
final class RawStatement {
  private let connection: OpaquePointer
  private var handle: OpaquePointer?
  private let parameterCount: Int32
  /// Where the bytes of the arguments are while the statement runs: SQLite would allocate for each.
  private let room: UnsafeMutableRawBufferPointer

  /// Enough for the arguments of nearly every row; what does not fit SQLite copies.
  private static let roomBytesPerRow = 2_048

  /// Prepares `sql` on a connection that stays open longer than this statement.
  ///
  /// - Parameter rowCount: of how many rows the arguments are.
  init(_ database: Database, _ sql: String, rowCount: Int = 1) throws {
    guard let connection = database.sqliteConnection else {
      throw RawSQLError(nil)
    }
    self.connection = connection
    room = .allocate(byteCount: rowCount * Self.roomBytesPerRow, alignment: 1)
    let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
    guard sqlite3_prepare_v3(connection, sql, -1, flags, &handle, nil) == SQLITE_OK else {
      throw RawSQLError(connection)
    }
    parameterCount = sqlite3_bind_parameter_count(handle)
  }

  deinit {
    sqlite3_finalize(handle)
    room.deallocate()
  }

  /// Binds the arguments from the first on, and runs the statement to its end.
  func run(_ bind: (inout RawArguments) -> Void = { _ in }) throws {
    try bindAll(bind)
    defer { sqlite3_reset(handle) }
    guard sqlite3_step(handle) == SQLITE_DONE else { throw RawSQLError(connection) }
  }

  /// Binds the arguments and reads the first column of every row, an integer.
  func integers(_ bind: (inout RawArguments) -> Void) throws -> [Int64] {
    try bindAll(bind)
    defer { sqlite3_reset(handle) }
    var values: [Int64] = []
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_ROW: values.append(sqlite3_column_int64(handle, 0))
      case SQLITE_DONE: return values
      default: throw RawSQLError(connection)
      }
    }
  }

  /// How many rows the last run of any statement of the connection changed.
  var changeCount: Int { Int(sqlite3_changes(connection)) }

  /// Binds the arguments and hands on every row: a text, lent for the call, and an integer.
  func forEach(
    _ bind: (inout RawArguments) -> Void,
    _ body: (UnsafeBufferPointer<UInt8>, Int64) throws -> Void
  ) throws {
    try bindAll(bind)
    defer { sqlite3_reset(handle) }
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_ROW:
        // The text first: asking for it may change its form, and with it its length.
        let text = sqlite3_column_text(handle, 0)
        let count = Int(sqlite3_column_bytes(handle, 0))
        try body(
          UnsafeBufferPointer(start: text, count: count), sqlite3_column_int64(handle, 1))
      case SQLITE_DONE: return
      default: throw RawSQLError(connection)
      }
    }
  }

  private func bindAll(_ bind: (inout RawArguments) -> Void) throws {
    var arguments = RawArguments(handle, room)
    bind(&arguments)
    precondition(arguments.count == parameterCount, "arguments")
    guard arguments.isBound else { throw RawSQLError(connection) }
  }
}

/// Binds the arguments of a statement one after the other.
struct RawArguments {
  private let handle: OpaquePointer?
  /// What is left of the statement's room.
  private var room: UnsafeMutableRawBufferPointer
  /// How many were bound.
  private(set) var count: Int32 = 0
  /// Whether SQLite took them all.
  private(set) var isBound = true

  fileprivate init(_ handle: OpaquePointer?, _ room: UnsafeMutableRawBufferPointer) {
    self.handle = handle
    self.room = room
  }

  /// Tells SQLite that the bytes stay where they are until they are bound anew.
  private static let inRoom: sqlite3_destructor_type? = nil

  /// Tells SQLite to copy the bytes: they are only lent for the call.
  private static var transient: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  mutating func integer(_ value: Int64) {
    count += 1
    note(sqlite3_bind_int64(handle, count, value))
  }

  mutating func text(_ value: String) {
    value.lendUTF8 { text(UnsafeRawBufferPointer($0)) }
  }

  mutating func text(_ value: [UInt8]) {
    value.withUnsafeBytes { text($0) }
  }

  private mutating func text(_ value: UnsafeRawBufferPointer) {
    count += 1
    let (bytes, keeping) = keep(value)
    let characters = bytes.bindMemory(to: CChar.self).baseAddress
    note(sqlite3_bind_text(handle, count, characters, Int32(bytes.count), keeping))
  }

  mutating func blob(_ value: [UInt8]) {
    value.withUnsafeBytes { blob($0) }
  }

  mutating func blob(_ value: UnsafeRawBufferPointer) {
    count += 1
    // Without an address SQLite would take an empty blob for NULL.
    guard !value.isEmpty else { return note(sqlite3_bind_zeroblob(handle, count, 0)) }
    let (bytes, keeping) = keep(value)
    note(sqlite3_bind_blob(handle, count, bytes.baseAddress, Int32(bytes.count), keeping))
  }

  mutating func null() {
    count += 1
    note(sqlite3_bind_null(handle, count))
  }

  mutating func optional(_ value: Int64?) {
    if let value { integer(value) } else { null() }
  }

  mutating func optional(_ value: String?) {
    if let value { text(value) } else { null() }
  }

  mutating func optional(_ value: [UInt8]?) {
    if let value { blob(value) } else { null() }
  }

  /// Bytes to bind: a copy in the room, or, where that is full, those that are lent.
  private mutating func keep(
    _ value: UnsafeRawBufferPointer
  ) -> (bytes: UnsafeRawBufferPointer, keeping: sqlite3_destructor_type?) {
    // An address also for nothing: without one a text is NULL.
    guard value.count < room.count else { return (value, Self.transient) }
    let place = UnsafeMutableRawBufferPointer(rebasing: room[..<value.count])
    place.copyMemory(from: value)
    room = UnsafeMutableRawBufferPointer(rebasing: room[value.count...])
    return (UnsafeRawBufferPointer(place), Self.inRoom)
  }

  private mutating func note(_ code: Int32) {
    if code != SQLITE_OK { isBound = false }
  }
}
