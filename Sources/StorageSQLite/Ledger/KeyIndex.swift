import Dispatch
import GRDB
import Ledger
import Synchronization

/// Finds the journal entries that idempotency keys were used in. Every command asks.
///
/// ```
///   written chunks --note--> recent runs ----seal----> merging ---bites---> merged_keys
///                           recent_keys, by seq       sorted by key         by key
///   filter: every key of all three, in memory
/// ```
/// Keys are random, so that a table of them is written all over. The newest are therefore kept in
/// memory and in a table to which rows of some dozens are only appended; when they are many they
/// are merged into the large one in the order of the keys, so that several fall on a page, a few
/// with each chunk.
///
/// From any thread; closed before its connection.
final class KeyIndex: Sendable {
  /// Recent keys that are merged together, at least and at most.
  private static let mergeMin: Int64 = 65_536
  private static let mergeMax: Int64 = 524_288
  /// Rows of the large table that are read at once when the filter is filled.
  private static let fillRows = 8_192

  private struct State {
    var filter: KeyFilter
    /// Whether the filter has every key of the large table.
    var isFilled: Bool
    /// Sorted by key each; in the table `recent_keys`.
    var runs: [[KeyEntry]] = []
    var recentCount: Int64 = 0
    /// Sorted by key; in both tables up to `mergedCount`.
    var merging: [KeyEntry] = []
    var mergedCount = 0
    /// Rows of `recent_keys` that are not needed any more.
    var superfluous: ClosedRange<Int64>?
    var lastSeq: Int64
    var isClosed = false
  }

  private struct Statements: @unchecked Sendable {  // Used under the lock of the `Mutex` only.
    let begin, find, end: RawStatement
  }

  private let state: Mutex<State>
  private let reader: DatabaseQueue
  private let statements: Mutex<Statements?>
  private let filling = DispatchQueue(label: "farebox.ledger.keys", qos: .utility)

  /// Prepares the look-up on a connection that stays open longer, and reads what is recent.
  init(_ reader: DatabaseQueue) throws(StartupError) {
    self.reader = reader
    do {
      let (recent, seq, hasMerged) = try reader.unsafeRead { database in
        (
          try KeyEntry.recent(database), try StateReader.head(database).seq,
          try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM merged_keys)") ?? false
        )
      }
      var filter = KeyFilter(keys: Int(clamping: seq + seq / 4))
      for entry in recent { filter.add(entry.bits) }
      state = Mutex(
        State(
          filter: filter, isFilled: !hasMerged, runs: recent.isEmpty ? [] : [recent.sorted()],
          recentCount: Int64(recent.count), lastSeq: seq))
      statements = Mutex(
        try reader.unsafeRead { database in
          Statements(
            begin: try RawStatement(database, "BEGIN"),
            find: try RawStatement(
              database, "SELECT seq FROM merged_keys WHERE key_hash = ? ORDER BY seq"),
            end: try RawStatement(database, "COMMIT"))
        })
    } catch {
      throw StartupError("cannot look up keys: \(error)")
    }
  }

  /// The entries that may be those of the keys: the journal has the whole key and tells. All that
  /// was noted before the call is found.
  func entries(of keys: [Digest]) throws -> [(key: Digest, seq: Int64)] {
    guard !keys.isEmpty else { return [] }
    var found: [(Digest, Int64)] = []
    let unsure = state.withLock { state in
      keys.filter { key in
        let bits = key.keyBits
        guard !state.isFilled || state.filter.mayHold(bits) else { return false }
        for run in state.runs { found += run.seqs(of: bits).map { (key, $0) } }
        found += state.merging.seqs(of: bits).map { (key, $0) }
        return true
      }
    }
    guard !unsure.isEmpty else { return found }
    try statements.withLock { statements in
      guard let statements else { throw StoreError.failed("the key index is closed") }
      try reader.unsafeRead { _ in
        try statements.begin.run()
        defer { try? statements.end.run() }
        for key in unsure {
          let seqs = try statements.find.integers { $0.integer(Int64(bitPattern: key.keyBits)) }
          found += seqs.map { (key, $0) }
        }
      }
    }
    return found
  }

  /// Takes note of keys that were written to `recent_keys`.
  func note(_ entries: [KeyEntry], through seq: Int64) {
    let run = entries.sorted()
    state.withLock { state in
      for entry in run { state.filter.add(entry.bits) }
      if !run.isEmpty { state.runs.append(run) }
      state.recentCount += Int64(run.count)
      state.lastSeq = max(state.lastSeq, seq)
    }
  }

  /// What to merge and to drop together with a chunk that brings `count` keys.
  func nextBite(beside count: Int) -> KeyBite {
    let sealed = state.withLock { state -> [[KeyEntry]]? in
      let isIdle = state.mergedCount == state.merging.count && state.superfluous == nil
      let wanted = min(max(state.lastSeq / 16, Self.mergeMin), Self.mergeMax)
      return isIdle && state.recentCount >= wanted ? state.runs : nil
    }
    if let sealed { seal(sealed) }
    return state.withLock { state in
      var bite = KeyBite()
      let size = max(2 * count, 1_024)
      bite.merged = Array(state.merging.dropFirst(state.mergedCount).prefix(size))
      if bite.merged.isEmpty, let rows = state.superfluous {
        bite.dropped = rows.lowerBound...min(rows.upperBound, rows.lowerBound + Int64(size) * 2)
      }
      return bite
    }
  }

  /// Sorts what was recent for merging. Only the thread that writes the tables changes the runs.
  private func seal(_ runs: [[KeyEntry]]) {
    let sorted = runs.flatMap { $0 }.sorted()
    state.withLock { state in
      state.merging = sorted
      state.mergedCount = 0
      state.runs.removeFirst(runs.count)
      state.recentCount -= Int64(sorted.count)
    }
  }

  /// Takes note of a bite that was carried out.
  func finish(_ bite: KeyBite) {
    state.withLock { state in
      state.mergedCount += bite.merged.count
      if !bite.merged.isEmpty, state.mergedCount == state.merging.count {
        let seqs = state.merging.lazy.map(\.seq)
        if let first = seqs.min(), let last = seqs.max() { state.superfluous = first...last }
        state.merging = []
        state.mergedCount = 0
      }
      if let dropped = bite.dropped, let rows = state.superfluous {
        state.superfluous =
          dropped.upperBound < rows.upperBound
          ? (dropped.upperBound + 1)...rows.upperBound : nil
      }
    }
  }

  /// Reads every key of the large table at `path` into the filter, in the background. Until then
  /// that table is asked about every key.
  func fill(from path: String) {
    if state.withLock({ $0.isFilled }) { return }
    filling.async { [self] in
      // Without a filter all is well, and slower.
      guard let reader = try? DatabaseFile.openReader(at: path) else { return }
      defer { try? reader.close() }
      var last: KeyEntry?
      while let rows = try? reader.read({ try KeyEntry.merged(after: last, Self.fillRows, $0) }) {
        let goesOn = state.withLock { state in
          for entry in rows { state.filter.add(entry.bits) }
          state.isFilled = rows.isEmpty
          return !rows.isEmpty && !state.isClosed
        }
        guard goesOn else { return }
        last = rows.last
      }
    }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    filling.sync {}
    statements.withLock { $0 = nil }
  }
}

/// What is merged and dropped at once.
struct KeyBite {
  var merged: [KeyEntry] = []
  /// Rows of `recent_keys`, by their last seq.
  var dropped: ClosedRange<Int64>?
}

/// The first 8 bytes of a key's digest and the entry that the key was used in. Two keys may have
/// the same.
struct KeyEntry: Comparable, Sendable {
  let hash: Int64
  let seq: Int64

  init(_ digest: Digest, seq: Int64) {
    hash = Int64(bitPattern: digest.keyBits)
    self.seq = seq
  }

  init(hash: Int64, seq: Int64) {
    self.hash = hash
    self.seq = seq
  }

  private init(_ row: Row) {
    hash = row[0]
    seq = row[1]
  }

  fileprivate var bits: UInt64 { UInt64(bitPattern: hash) }

  static func < (left: KeyEntry, right: KeyEntry) -> Bool {
    (left.hash, left.seq) < (right.hash, right.seq)
  }

  fileprivate static func recent(_ database: Database) throws -> [KeyEntry] {
    let rows = try String.fetchCursor(
      database, sql: "SELECT hash_by_seq FROM recent_keys ORDER BY last_seq")
    var entries: [KeyEntry] = []
    while let text = try rows.next() { entries += try KeyRow.entries(in: text) }
    return entries
  }

  fileprivate static func merged(
    after last: KeyEntry?, _ limit: Int, _ database: Database
  ) throws -> [KeyEntry] {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT key_hash, seq FROM merged_keys WHERE (key_hash, seq) > (?, ?)
        ORDER BY key_hash, seq LIMIT ?
        """, arguments: [last?.hash ?? .min, last?.seq ?? 0, limit])
    var entries: [KeyEntry] = []
    while let row = try rows.next() { entries.append(KeyEntry(row)) }
    return entries
  }
}

extension [KeyEntry] {
  /// The entries of a key, in a list that is sorted.
  fileprivate func seqs(of bits: UInt64) -> [Int64] {
    let hash = Int64(bitPattern: bits)
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle].hash < hash { low = middle + 1 } else { high = middle }
    }
    return self[low...].prefix { $0.hash == hash }.map(\.seq)
  }
}

extension Digest {
  /// The first 8 bytes: enough to find an entry, whose whole digest is then compared.
  var keyBits: UInt64 { withBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) } }
}
