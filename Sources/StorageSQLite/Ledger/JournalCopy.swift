import Foundation
import GRDB
import Ledger

/// A copy of a journal in the making, whose chain is checked on the way.
///
/// ```
///   rows --LedgerAudit--> FILE.partial --finish--> FILE
/// ```
/// Entries are never changed: those up to one that is there now are a whole journal, whatever is
/// appended meanwhile. The copy has its final name only when it is complete and on the disk; of one
/// that was not finished nothing stays. Its owner alone may read it: it tells what everybody did.
///
/// One thread at a time; every call waits for the disk.
public final class JournalCopy {
  /// Rows that are read, and written, at once.
  private static let stepRows = 1_024

  private let path: String
  private let file: JournalDatabase
  private var audit = LedgerAudit(chainOnlyAfter: .empty)
  /// Examined, and not written yet.
  private var waiting: [StoredEntry] = []
  private var isOver = false

  /// Begins a copy in a file that must not be there yet.
  public init(path: String) throws(StartupError) {
    guard !FileManager.default.fileExists(atPath: path) else {
      throw StartupError("\(path) is there already; it is not overwritten")
    }
    self.path = path
    let partial = Self.partial(path)
    Self.remove(partial)
    let descriptor = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StartupError("cannot make \(partial): \(String(cString: strerror(errno)))")
    }
    close(descriptor)
    do throws(StartupError) {
      file = try JournalDatabase(path: partial)
    } catch {
      Self.remove(partial)
      throw error
    }
  }

  deinit {
    if !isOver { file.abandon() }
    Self.remove(Self.partial(path))
  }

  /// The last entry that was appended.
  public var lastSeq: Int64 { audit.head.seq }

  /// Appends the rows that follow.
  ///
  /// Throws ``LedgerBreak`` for a row that does not continue the journal, and what the file throws.
  /// The copy cannot be finished then.
  public func append(_ rows: [StoredEntry]) throws {
    for row in rows { try audit.examine(row) }
    waiting += rows
    if waiting.count >= Self.stepRows { try flush() }
  }

  /// Gives the copy its name, when it ends with the entry `last`.
  ///
  /// - Parameter epoch: the copy's epoch; one above 1 begins after the last entry.
  public func finish(through last: Int64, epoch: Int64) throws -> JournalHead {
    precondition(!isOver, "a copy is finished once")
    guard audit.head.seq == last else {
      throw StartupError("the journal ends at entry \(audit.head.seq), not at \(last)")
    }
    guard epoch >= 1 else { throw StartupError("\(epoch) is not an epoch") }
    try flush()
    if epoch != file.epoch { try file.begin(epoch: epoch) }
    isOver = true
    try file.close()
    try FileManager.default.moveItem(atPath: Self.partial(path), toPath: path)
    try Folder.synchronize(Folder.parent(of: path))
    return audit.head
  }

  /// Appends everything up to `last` that `read` gives for the entries after some entry.
  func fill(
    through last: Int64, _ read: (_ after: Int64, _ limit: Int) throws -> [StoredEntry]
  ) throws {
    while lastSeq < last {
      let rows = try read(lastSeq, min(Self.stepRows, Int(clamping: last - lastSeq)))
      if rows.isEmpty { return }
      try append(rows)
    }
  }

  private func flush() throws {
    guard !waiting.isEmpty else { return }
    try file.append(waiting, head: audit.head)
    waiting = []
    file.checkpointIfGrown()
  }

  private static func partial(_ path: String) -> String { path + ".partial" }

  private static func remove(_ partial: String) {
    for suffix in ["", "-wal", "-shm"] {
      // What is not there need not be removed.
      try? FileManager.default.removeItem(atPath: partial + suffix)
    }
  }
}
