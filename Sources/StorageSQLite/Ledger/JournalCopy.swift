import Foundation
import GRDB
import Ledger

/// Copies a journal row by row and checks its chain on the way.
///
/// Entries are never changed: those up to one that is there now are a whole journal, whatever is
/// appended meanwhile. The copy has its final name only when it is complete and on the disk.
struct JournalCopy {
  /// Rows that are read at once.
  private static let stepRows = 1_024

  /// The file that will be made.
  let path: String
  /// The epoch of the copy.
  let epoch: Int64

  private var partial: String { path + ".partial" }

  /// Copies all that `read` gives for the entries after some entry.
  func run(
    through last: Int64, _ read: (_ after: Int64, _ limit: Int) throws -> [StoredEntry]
  ) throws -> JournalHead {
    guard !FileManager.default.fileExists(atPath: path) else {
      throw StartupError("\(path) is there already; it is not overwritten")
    }
    removePartial()
    defer { removePartial() }
    let copy = try JournalDatabase(path: partial)
    do {
      try fill(copy, through: last, read)
      if epoch != copy.epoch { try copy.begin(epoch: epoch) }
      try copy.close()
    } catch {
      copy.abandon()
      throw error
    }
    try FileManager.default.moveItem(atPath: partial, toPath: path)
    try synchronize((path as NSString).deletingLastPathComponent)
    return copy.head
  }

  private func fill(
    _ copy: JournalDatabase, through last: Int64,
    _ read: (_ after: Int64, _ limit: Int) throws -> [StoredEntry]
  ) throws {
    var audit = LedgerAudit(chainOnlyAfter: .empty)
    while audit.head.seq < last {
      let left = Int(clamping: last - audit.head.seq)
      let rows = try read(audit.head.seq, min(Self.stepRows, left))
      guard !rows.isEmpty else {
        throw StartupError("the journal ends at entry \(audit.head.seq), not at \(last)")
      }
      for row in rows { try audit.examine(row) }
      try copy.append(rows, head: audit.head)
      copy.checkpointIfGrown()
    }
  }

  private func removePartial() {
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: partial + suffix)
    }
  }

  /// Makes the new name survive power loss.
  private func synchronize(_ folder: String) throws {
    let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StartupError("cannot open \(folder)") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw StartupError("cannot synchronize \(folder)") }
  }
}
