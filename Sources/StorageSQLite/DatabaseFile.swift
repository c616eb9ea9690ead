import Foundation
import GRDB

/// How the database files of this project are opened: write-ahead log, one connection that writes.
///
/// SQLite 3.7.0 to 3.51.2 can lose committed rows when two connections write or checkpoint a
/// write-ahead log. So the connection made by
/// ``openWriter(at:durability:isExclusive:cacheKiB:migrator:)`` does every write and every
/// checkpoint of its file, automatic checkpoints are off, readers are opened read-only, and the
/// writer is closed last.
public enum DatabaseFile {
  /// What a commit survives.
  public enum Durability: Sendable {
    /// Power loss: every commit waits for the disk.
    case full
    /// The end of the process; power loss may undo the last commits, never tear one. For what can
    /// be rebuilt.
    case rebuildable

    fileprivate var synchronous: Int { self == .full ? 2 : 1 }
    /// Debian's SQLite overwrites what is deleted with zeros, page by page. What can be rebuilt
    /// from another file is no more secret than that file.
    fileprivate var secureDelete: Int { self == .full ? 1 : 0 }
  }

  /// Opens the one connection that writes a file, creating and migrating the file where needed.
  ///
  /// - Parameters:
  ///   - isExclusive: no other connection, not even a reader, may open the file meanwhile.
  ///   - cacheKiB: how much of the file the connection keeps in memory, at most.
  public static func openWriter(
    at path: String, durability: Durability, isExclusive: Bool = false, cacheKiB: Int = 2_048,
    migrator: DatabaseMigrator
  ) throws(StartupError) -> DatabaseQueue {
    SQLiteLibrary.prepare()
    var configuration = Configuration()
    configuration.prepareDatabase { database in
      if isExclusive { try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
      let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
      guard mode == "wal" else {
        throw StartupError("\(path): no write-ahead log, but \(mode ?? "nothing")")
      }
      try database.execute(
        sql: """
          PRAGMA synchronous = \(durability.synchronous);
          PRAGMA fullfsync = 1;
          PRAGMA checkpoint_fullfsync = 1;
          PRAGMA wal_autocheckpoint = 0;
          PRAGMA cache_size = -\(cacheKiB);
          PRAGMA secure_delete = \(durability.secureDelete);
          PRAGMA trusted_schema = 0;
          PRAGMA cell_size_check = 1;
          """)
    }
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try migrator.migrate(queue)
      try requireDurability(durability, of: queue, path)
      return queue
    } catch let error as StartupError {
      throw error
    } catch {
      throw StartupError("cannot open the database \(path): \(error)")
    }
  }

  /// Opens a further connection to a file that a writer has open. It cannot write.
  public static func openReader(at path: String) throws(StartupError) -> DatabaseQueue {
    SQLiteLibrary.prepare()
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
    }
    do {
      return try DatabaseQueue(path: path, configuration: configuration)
    } catch {
      throw StartupError("cannot open the database \(path) to read: \(error)")
    }
  }

  /// Reads a file that no process has open, and leaves the folder as it was.
  ///
  /// SQLite makes an empty log and its index beside a file that has none; they are removed again.
  static func examine<Value>(at path: String, _ body: (Database) throws -> Value) throws -> Value {
    let companions = [path + "-wal", path + "-shm"]
    let made = companions.filter { !FileManager.default.fileExists(atPath: $0) }
    let queue = try openReader(at: path)
    defer {
      try? queue.close()
      for companion in made { try? FileManager.default.removeItem(atPath: companion) }
    }
    return try queue.unsafeRead(body)
  }

  /// Copies the write-ahead log into the file and empties it. On the writer's connection only.
  public static func checkpoint(_ writer: DatabaseQueue) throws {
    try writer.writeWithoutTransaction { database in
      _ = try database.checkpoint(.truncate)
    }
  }

  /// Reads back what was asked for: an acknowledged commit must never be less than durable.
  private static func requireDurability(
    _ durability: Durability, of queue: DatabaseQueue, _ path: String
  ) throws {
    let synchronous = try queue.writeWithoutTransaction { database in
      try Int.fetchOne(database, sql: "PRAGMA synchronous")
    }
    guard let synchronous, synchronous >= durability.synchronous else {
      throw StartupError("\(path): synchronous is below what durable commits need")
    }
  }
}
