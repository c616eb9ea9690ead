import Foundation
import GRDB
import Ledger

// Making tables anew, copies, and coming back from one.

extension LedgerFiles {
  /// Throws the tables away and makes them anew from the journal.
  ///
  /// Throws when the journal's chain is broken; the tables are gone then, and nothing else is.
  public func rebuild() throws(StartupError) -> JournalHead {
    try SQLiteLedgerStore.discardState(in: directory)
    let store = try SQLiteLedgerStore(directory: directory)
    let head: JournalHead
    do {
      head = try store.load(LoadRequest()).head
      try store.close()
    } catch {
      throw StartupError("cannot rebuild the tables: \(error)")
    }
    return head
  }

  /// Copies the journal to a file that must not be there yet.
  public func backup(to path: String) throws(StartupError) -> JournalHead {
    try Self.copy(from: directory.file("journal.db"), to: path, isNewEpoch: false)
  }

  /// Makes a ledger from a backup, in a folder that holds none, and begins a new epoch: entries
  /// that were acknowledged after the backup are lost, and others will have their numbers.
  public static func restore(
    from backup: String, to path: String
  ) throws(StartupError) -> JournalHead {
    guard FileManager.default.fileExists(atPath: backup) else {
      throw StartupError("there is no file \(backup)")
    }
    let directory = try DataDirectory(path: path)
    for name in ["journal.db", "journal.db-wal", "state.db", "state.db-wal"] {
      guard !FileManager.default.fileExists(atPath: directory.file(name)) else {
        throw StartupError(
          "\(path) holds a ledger already; move \(name) and its companions away first")
      }
    }
    return try copy(from: backup, to: directory.file("journal.db"), isNewEpoch: true)
  }

  private static func copy(
    from source: String, to path: String, isNewEpoch: Bool
  ) throws(StartupError) -> JournalHead {
    do {
      return try DatabaseFile.examine(at: source) { database in
        let last = try Int64.fetchOne(database, sql: "SELECT max(seq) FROM journal") ?? 0
        let epoch = try JournalDatabase.readEpoch(database)
        let copy = try JournalCopy(path: path)
        try copy.fill(through: last) { after, limit in
          try JournalDatabase.rows(database, afterSeq: after, limit: limit)
        }
        guard epoch < .max else { throw StartupError("\(source) has no epoch after its own") }
        return try copy.finish(through: last, epoch: isNewEpoch ? epoch + 1 : epoch)
      }
    } catch let error as StartupError {
      throw error
    } catch {
      throw StartupError("cannot copy \(source): \(error)")
    }
  }
}

extension SQLiteLedgerStore {
  /// Copies the journal to a file that must not be there yet, while commits go on: up to the entry
  /// that was the last when the call was made.
  public func backup(to path: String) throws(StartupError) -> JournalHead {
    do {
      let last = try load(LoadRequest()).head.seq
      let copy = try JournalCopy(path: path)
      try copy.fill(through: last) { after, limit in
        try storedEntries(afterSeq: after, limit: limit)
      }
      return try copy.finish(through: last, epoch: epoch)
    } catch let error as StartupError {
      throw error
    } catch {
      throw StartupError("cannot back the journal up: \(error)")
    }
  }
}
