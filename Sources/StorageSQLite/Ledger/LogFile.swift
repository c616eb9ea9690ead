import GRDB
import GRDBSQLite

/// The write-ahead log of an open connection, as a file.
enum LogFile {
  /// Bytes that are read and written at once: as many as a page may have. SQLite's file system for
  /// Unix writes nothing when it is handed 128 KiB.
  private static let step = 1 << 16

  /// Writes what the log holds once more, and waits for the disk; nothing when it is empty.
  ///
  /// After a wait that failed the system may hold pages as clean that never reached the disk, so
  /// that a later wait succeeds without them. Writing them makes them new. Until that has been done
  /// the log must not be copied into its file: power loss on the way would leave a file that only
  /// the lost part of the log could repair.
  static func rewrite(_ database: Database) throws {
    let connection = database.sqliteConnection
    var pointer: UnsafeMutablePointer<sqlite3_file>?
    let code = withUnsafeMutablePointer(to: &pointer) {
      sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, $0)
    }
    guard code == SQLITE_OK, let file = pointer, let methods = file.pointee.pMethods else { return }
    var size: sqlite3_int64 = 0
    try check(methods.pointee.xFileSize(file, &size))
    guard size > 0 else { return }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: step, alignment: 16)
    defer { buffer.deallocate() }
    var offset: sqlite3_int64 = 0
    while offset < size {
      let count = Int32(min(Int64(step), size - offset))
      try check(methods.pointee.xRead(file, buffer.baseAddress, count, offset))
      try check(methods.pointee.xWrite(file, buffer.baseAddress, count, offset))
      offset += Int64(count)
    }
    try check(methods.pointee.xSync(file, SQLITE_SYNC_FULL))
  }

  private static func check(_ code: Int32) throws {
    guard code == SQLITE_OK else { throw RawSQLError(code: code) }
  }
}
