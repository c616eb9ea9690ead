import GRDB
import GRDBSQLite

/// An error of SQLite on the hot path.
struct RawSQLError: Error, CustomStringConvertible {
  let code: Int32
  /// Whether there was no room.
  let isFull: Bool
  let description: String

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
  }

  deinit {
    sqlite3_finalize(handle)
  }

  /// Binds the arguments from the first on, and runs the statement to its end.
  func run(_ arguments: RawArgument...) throws {
    try bind(arguments)
    defer { sqlite3_reset(handle) }
    guard sqlite3_step(handle) == SQLITE_DONE else { throw RawSQLError(connection) }
  }

  /// Binds the arguments and reads the first column of the first row, an integer.
  func firstInteger(_ arguments: RawArgument...) throws -> Int64? {
    try bind(arguments)
    defer { sqlite3_reset(handle) }
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return sqlite3_column_int64(handle, 0)
    case SQLITE_DONE: return nil
    default: throw RawSQLError(connection)
    }
  }

  private func bind(_ arguments: [RawArgument]) throws {
    precondition(arguments.count == Int(sqlite3_bind_parameter_count(handle)), "arguments")
    for (offset, argument) in arguments.enumerated() {
      let index = Int32(offset + 1)
      guard argument.bind(to: handle, at: index) == SQLITE_OK else {
        throw RawSQLError(connection)
      }
    }
  }
}

/// A value to bind.
enum RawArgument {
  case integer(Int64)
  case text(String)
  case blob([UInt8])
  case null

  /// Tells SQLite to copy the bytes: they are only lent for the call.
  private static var transient: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  fileprivate func bind(to handle: OpaquePointer?, at index: Int32) -> Int32 {
    switch self {
    case .integer(let value):
      return sqlite3_bind_int64(handle, index, value)
    case .text(var text):
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { characters in
          sqlite3_bind_text(
            handle, index, characters.baseAddress, Int32(characters.count), Self.transient)
        }
      }
    case .blob(let bytes):
      return bytes.withUnsafeBytes { buffer in
        sqlite3_bind_blob(handle, index, buffer.baseAddress, Int32(buffer.count), Self.transient)
      }
    case .null:
      return sqlite3_bind_null(handle, index)
    }
  }

  static func optional(_ value: Int64?) -> RawArgument { value.map(RawArgument.integer) ?? .null }
  static func optional(_ value: String?) -> RawArgument { value.map(RawArgument.text) ?? .null }
}
