/// Why a journal was not copied.
public enum CopyError: Error, Sendable {
  /// ``LedgerLimits/journalCopiesMax`` copies are under way.
  case tooMany
  /// The journal could not be read.
  case store(StoreError)
}

/// A part of a copy of the journal.
public struct JournalPart: Sendable {
  /// The entries that follow those of the part before, as they are stored; unexamined.
  public let entries: [StoredEntry]
  /// The copy ends with this entry; 0 when the journal is empty.
  public let lastSeq: Int64
  /// The journal's epoch.
  public let epoch: Int64

  package init(entries: [StoredEntry], lastSeq: Int64, epoch: Int64) {
    self.entries = entries
    self.lastSeq = lastSeq
    self.epoch = epoch
  }
}

extension CreditLedger {
  /// Rows that are read at once: the journal is locked meanwhile.
  private static let copyStepRows = 256

  /// Hands the journal out as it is stored, part by part, while commits go on: every entry that was
  /// acknowledged before the call, and none after it.
  ///
  /// Reads the next part when `take` has returned, so that a slow taker costs no memory. An empty
  /// journal is one empty part. Throws ``CopyError``, or what `take` throws.
  public func copyJournal(
    _ take: @Sendable (JournalPart) async throws -> Void
  ) async throws {
    let count = copies.add(1, ordering: .relaxed).newValue
    defer { copies.subtract(1, ordering: .relaxed) }
    guard count <= LedgerLimits.journalCopiesMax else { throw CopyError.tooMany }
    let last = committedSeq
    var after: Int64 = 0
    repeat {
      let rows = try await copyStep(after: after, through: last)
      try await take(JournalPart(entries: rows, lastSeq: last, epoch: store.epoch))
      after = rows.last?.seq ?? last
    } while after < last
  }

  private func copyStep(
    after: Int64, through last: Int64
  ) async throws(CopyError) -> [StoredEntry] {
    guard after < last else { return [] }
    let limit = min(Self.copyStepRows, Int(clamping: last - after))
    let store = store
    do {
      return try await archive.read(isContinued: true) {
        let rows = try store.storedEntries(afterSeq: after, limit: limit)
        // Fewer than were asked for, and others behind the end, where an entry is missing.
        guard let first = rows.first, first.seq <= last else {
          throw StoreError.corrupted("journal entry \(after + 1) is missing")
        }
        return rows.filter { $0.seq <= last }
      }
    } catch {
      switch error {
      case .overloaded: throw .tooMany
      case .store(let error): throw .store(error)
      }
    }
  }
}
