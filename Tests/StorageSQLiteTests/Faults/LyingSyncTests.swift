import Foundation
import Ledger
import LedgerConformance
import Testing

@testable import StorageSQLite

/// A disk that once says that it has written what it has not: no program can keep its promise on
/// it, but the ledger must not crash over what is left, nor take it for what it is not.
@Suite("A sync that lies")
struct LyingSyncTests {
  /// What a cut of power after the lie left.
  enum Finding: String {
    /// All that was acknowledged.
    case whole
    /// A journal in order, without the last that was acknowledged: a head that was kept tells.
    case short
    /// The ledger opens, and its examination names the first break.
    case broken
    /// The ledger does not open, and says why and what to do.
    case refused
  }

  @Test("leaves a journal that is true as far as it is in order, and what is missing is noticed")
  func once() async throws {
    let first = CampaignSize.firstSeed
    var findings: [Finding: Int] = [:]
    var liars: [String: Int] = [:]
    for round in 0..<16 {
      let seed = first &+ UInt64(round)
      let history = try await Self.history(seed: seed, lie: 3 + round * 4)
      guard let lie = Lie(history.records) else { continue }
      liars[lie.file, default: 0] += 1
      for (number, cut) in lie.cuts(4).enumerated() {
        var disk = Disk()
        for record in history.records[..<cut] { disk.carryOut(record) }
        for fate in [Disk.Fate.lost, nil] {
          var random = SeededGenerator(seed: seed &+ UInt64(number))
          let image = disk.image(fate, &random)
          do {
            let finding = try await Self.judge(image.files, history, cut: cut)
            findings[finding, default: 0] += 1
          } catch {
            throw Breach("seed \(seed), lie \(lie), cut \(cut), \(image.description): \(error)")
          }
        }
      }
    }
    let told = findings.map { "\($0.key.rawValue): \($0.value)" }.sorted()
    print("syncs that lied: \(liars), seed \(first), images: \(told)")
    #expect(findings[.short, default: 0] > 0, "no lie cost anything")
    #expect(findings[.whole, default: 0] > 0)
  }

  private static func history(seed: UInt64, lie: Int) async throws -> WrittenHistory {
    let temporary = try TemporaryDirectory(isInMemory: true)
    let watch = FileWatch(temporary.path)
    watch.lie(lie)
    var workload = StoreWorkload(seed: seed, path: temporary.path, watch: watch)
    return try await workload.run([45])
  }

  /// Throws when the image is taken for what it is not.
  private static func judge(
    _ files: [String: [UInt8]], _ history: WrittenHistory, cut: Int
  ) async throws -> Finding {
    let temporary = try TemporaryDirectory(isInMemory: true)
    for (name, bytes) in files {
      try Data(bytes).write(to: URL(fileURLWithPath: temporary.path + "/" + name))
    }
    let count = history.committed(before: cut)
    let told = count == 0 ? .empty : history.heads[count - 1]
    let finding: Finding
    do {
      finding = try await use(temporary.path, history, told)
    } catch let error as StartupError {
      guard error.description.contains("`farebox ledger ") else {
        throw Breach("refused without advice: \(error)")
      }
      finding = .refused
    }
    let isInOrder = try examine(temporary.path, told)
    switch finding {
    case .whole: return isInOrder ? .whole : .broken
    case .short, .broken, .refused:
      guard !isInOrder else { throw Breach("\(finding), and the files are said to be in order") }
      return finding
    }
  }

  /// Opens the ledger, as the program would, and lets it examine itself.
  private static func use(
    _ path: String, _ history: WrittenHistory, _ told: JournalHead
  ) async throws -> Finding {
    let store = try SQLiteLedgerStore(directory: DataDirectory(path: path))
    let ledger: CreditLedger
    do throws(StoreError) {
      ledger = try CreditLedger(store: store, clock: TestClock(told.time))
    } catch {
      return .broken
    }
    let report: LedgerReport
    do throws(VerifyError) {
      report = try await ledger.verify()
    } catch {
      return .broken
    }
    let written = [.empty] + history.heads + history.attempts.map(\.head)
    let known = written.filter { $0.seq <= report.head.seq }.max { $0.seq < $1.seq } ?? .empty
    if known.seq > 0 {
      let row = try store.storedEntries(afterSeq: known.seq - 1, limit: 1).first
      guard row?.hash == known.hash else { throw Breach("entry \(known.seq) is another one") }
    }
    // Damage may show only when the files are closed.
    try? await ledger.shutDown()
    if report.firstBreak != nil { return .broken }
    guard written.contains(report.head) else {
      throw Breach("the journal ends at \(report.head.seq), in the middle of a commit")
    }
    return report.head.seq < told.seq ? .short : .whole
  }

  /// Whether the files are in order and have all that was acknowledged, as the operator is told.
  private static func examine(_ path: String, _ told: JournalHead) throws -> Bool {
    do throws(StartupError) {
      let mark = told.seq > 0 ? JournalMark(told) : nil
      return try LedgerFiles(path: path).verify(containing: mark).firstBreak == nil
    } catch {
      return false
    }
  }
}

/// The sync that lied, and how long the lie lasted.
private struct Lie: CustomStringConvertible {
  /// Its file.
  let file: String
  /// From the lie until the file's next sync, which makes true what was said before.
  private let range: ClosedRange<Int>

  /// Nil when there was none among the records.
  init?(_ records: [DiskRecord]) {
    var names: [Int: String] = [:]
    var lie: (index: Int, file: Int)?
    for (index, record) in records.enumerated() {
      switch record {
      case .created(let file, let name), .found(let file, let name): names[file] = name
      case .syncLied(let file): lie = (index, file)
      default: break
      }
    }
    guard let lie, let name = names[lie.file] else { return nil }
    let next = records[lie.index...].firstIndex { record in
      if case .sync(lie.file) = record { true } else { false }
    }
    file = name
    range = lie.index + 1...(next ?? records.count)
  }

  /// So many places in between, the last one among them.
  func cuts(_ count: Int) -> [Int] {
    let step = max(1, range.count / count)
    return Array(stride(from: range.upperBound, through: range.lowerBound, by: -step).prefix(count))
  }

  var description: String { "of \(file) over \(range)" }
}
