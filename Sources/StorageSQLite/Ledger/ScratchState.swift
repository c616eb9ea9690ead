import Foundation
import Ledger

/// The tables, made a second time from the journal in a folder of their own.
///
/// Holds the accounts of one step in memory, whatever the length of the journal.
final class ScratchState {
  private let path: String
  private let database: StateDatabase
  private var replay = LedgerReplay(isWhole: false)

  /// Makes empty tables.
  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/farebox-verify-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    do {
      database = try StateDatabase(path: path + "/state.db")
    } catch {
      try? FileManager.default.removeItem(atPath: path)
      throw error
    }
  }

  /// The file with the tables; it can be read while this is there.
  var file: String { path + "/state.db" }

  /// The journal entry that the tables stand for.
  var seq: Int64 { replay.head.seq }

  /// Carries out the next entries and writes what they touched. Throws as ``LedgerReplay`` does.
  func apply(_ rows: [StoredEntry]) throws {
    guard !rows.isEmpty else { return }
    let named = Set(rows.compactMap(\.account))
    let known = try database.read { try StateReader.accounts(Array(named), $0) }
    replay.hold(only: known, absent: named.subtracting(known.map(\.id)))
    var batches: [[LedgerRow]] = []
    for row in rows {
      let (_, touched) = try replay.apply(
        seq: row.seq, time: row.time, account: row.account, payload: row.payload, hash: row.hash)
      batches.append(touched)
    }
    try database.write(StateChunk(head: replay.head, batches))
    database.checkpointIfGrown()
  }

  func remove() {
    try? database.close()
    try? FileManager.default.removeItem(atPath: path)
  }
}
