import GRDB
import GRDBSQLite

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

  /// Prepares `sql` on a connection that stays open longer than this statement.
  init(_ database: Database, _ sql: String) throws {
    guard let connection = database.sqliteConnection else {
      throw RawSQLError(nil)
    }
    self.connection = connection
    let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
    guard sqlite3_prepare_v3(connection, sql, -1, flags, &handle, nil) == SQLITE_OK else {
      throw RawSQLError(connection)
    }
    parameterCount = sqlite3_bind_parameter_count(handle)
  }

  deinit {
    sqlite3_finalize(handle)
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
    var arguments = RawArguments(handle)
    bind(&arguments)
    precondition(arguments.count == parameterCount, "arguments")
    guard arguments.isBound else { throw RawSQLError(connection) }
  }
}

/// Binds the arguments of a statement one after the other.
struct RawArguments {
  private let handle: OpaquePointer?
  /// How many were bound.
  private(set) var count: Int32 = 0
  /// Whether SQLite took them all.
  private(set) var isBound = true

  fileprivate init(_ handle: OpaquePointer?) {
    self.handle = handle
  }

  /// Tells SQLite to copy the bytes: they are only lent for the call.
  private static var transient: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  mutating func integer(_ value: Int64) {
    count += 1
    note(sqlite3_bind_int64(handle, count, value))
  }

  mutating func text(_ value: String) {
    count += 1
    var value = value
    let code = value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        sqlite3_bind_text(
          handle, count, characters.baseAddress, Int32(characters.count), Self.transient)
      }
    }
    note(code)
  }

  mutating func text(_ value: [UInt8]) {
    count += 1
    let code = value.withUnsafeBytes { bytes in
      sqlite3_bind_text(
        handle, count, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count),
        Self.transient)
    }
    note(code)
  }

  mutating func blob(_ value: [UInt8]) {
    value.withUnsafeBytes { blob($0) }
  }

  mutating func blob(_ value: UnsafeRawBufferPointer) {
    count += 1
    // Without an address SQLite would take an empty blob for NULL.
    let code =
      value.isEmpty
      ? sqlite3_bind_zeroblob(handle, count, 0)
      : sqlite3_bind_blob(handle, count, value.baseAddress, Int32(value.count), Self.transient)
    note(code)
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

  private mutating func note(_ code: Int32) {
    if code != SQLITE_OK { isBound = false }
  }
}
