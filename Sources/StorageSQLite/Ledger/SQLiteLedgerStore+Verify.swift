import GRDB
import Ledger

extension SQLiteLedgerStore {
  /// Rows of the journal that are read at once: commits wait meanwhile.
  private static let stepRows = 512

  public func compareTables(isCancelled: @Sendable () -> Bool) throws -> Int64 {
    let scratch = try ScratchState()
    defer { scratch.remove() }
    try fill(scratch, through: tablesSeq, isCancelled)
    let reader = try DatabaseFile.openReader(at: directory.file("state.db"))
    defer { try? reader.close() }
    return try reader.unsafeRead { database in
      try TableComparison.attach(scratch.file, to: database)
      try database.execute(sql: "BEGIN")
      defer { try? database.execute(sql: "COMMIT") }
      // From this first look on the connection sees the tables of this one entry.
      let shown = try StateReader.head(database)
      try fill(scratch, through: shown.seq, isCancelled)
      return try TableComparison(database, asOf: shown.seq).run()
    }
  }

  private func fill(
    _ scratch: ScratchState, through seq: Int64, _ isCancelled: () -> Bool
  ) throws {
    while scratch.seq < seq {
      if isCancelled() { throw CancellationError() }
      let left = Int(clamping: seq - scratch.seq)
      let rows = try storedEntries(afterSeq: scratch.seq, limit: min(Self.stepRows, left))
      guard !rows.isEmpty else {
        throw StoreError.corrupted("the journal ends before entry \(seq)")
      }
      try scratch.apply(rows)
    }
  }
}
