import Foundation
import GRDB
import Ledger
import LedgerConformance

@testable import StorageSQLite

/// Opens what a cut of power left of a workload's files, as the program would, and judges it.
struct ImageTrial {
  private static let retriesMax = 3

  let history: WrittenHistory
  /// The folder for the image's own folder.
  let room: String

  /// Throws a ``Breach`` when the image is not what the ledger promises.
  ///
  /// - Parameter cut: how much was recorded when the power went.
  func judge(
    _ files: [String: [UInt8]], cut: Int, _ random: inout SeededGenerator
  ) async throws {
    let path = room + "/\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, bytes) in files {
      guard FileManager.default.createFile(atPath: path + "/" + name, contents: Data(bytes)) else {
        throw CocoaError(.fileWriteUnknown)
      }
    }
    do {
      try await use(path, cut, &random)
      for name in ["journal.db", "state.db"] { try requireIntegrity(path + "/" + name) }
    } catch {
      throw Breach("\(error)")
    }
    try FileManager.default.removeItem(atPath: path)
  }

  private func use(_ path: String, _ cut: Int, _ random: inout SeededGenerator) async throws {
    let store = try SQLiteLedgerStore(directory: DataDirectory(path: path))
    let clock = TestClock(history.answers.last { $0.answeredAt <= cut }?.time ?? TestClock().now())
    let ledger = try CreditLedger(
      store: store, clock: clock, configuration: .init(recoveryPause: .zero))
    let head = try requireHead(store, ledger.committedSeq, cut)
    try await repeatSome(ledger, head, cut, &random)
    let report = try await ledger.verify()
    if let found = report.firstBreak { throw Breach("VerifyLedger: \(found)") }
    try await ledger.shutDown()
  }

  /// The journal ends with the last commit that was told, or with one that was under way; nil when
  /// that one came to nothing afterwards.
  private func requireHead(
    _ store: SQLiteLedgerStore, _ seq: Int64, _ cut: Int
  ) throws -> Int64? {
    let count = history.committed(before: cut)
    let told = count == 0 ? .empty : history.heads[count - 1]
    let open = history.attempts.filter { $0.from <= cut && $0.to ?? .max > cut }.map(\.head)
    guard let head = ([told] + open).first(where: { $0.seq == seq }) else {
      throw Breach(
        seq < told.seq
          ? "the journal ends at \(seq), \(told.seq) was acknowledged"
          : "the journal ends at \(seq), in the middle of a commit: \(open)")
    }
    guard seq > 0 else { return 0 }
    let row = try store.storedEntries(afterSeq: seq - 1, limit: 1).first
    guard row?.hash == head.hash else { throw Breach("entry \(seq) is another one") }
    return history.heads.contains(head) ? seq : nil
  }

  /// The same keys have the same answers; what was under way is there as a whole or not at all.
  private func repeatSome(
    _ ledger: CreditLedger, _ head: Int64?, _ cut: Int, _ random: inout SeededGenerator
  ) async throws {
    let told = history.answers.filter { $0.answeredAt <= cut }
    var chosen = (0..<Self.retriesMax).compactMap { _ in told.randomElement(using: &random) }
    if let last = told.last { chosen.append(last) }
    for past in chosen { try await requireAnswer(past, ledger) }
    for open in history.answers where open.sentAt <= cut && open.answeredAt > cut {
      if let seq = open.seq, let head, seq <= head {
        try await requireAnswer(open, ledger)
      } else if case .failure(let refusal) = await ledger.submit(open.command, by: open.attempt),
        refusal.isOfStorage
      {
        throw Breach("\(open.command) is refused: \(refusal)")
      }
    }
  }

  private func requireAnswer(
    _ past: WrittenHistory.Answered, _ ledger: CreditLedger
  ) async throws {
    let result = await ledger.submit(past.command, by: past.attempt)
    let isReplayed = (try? result.get().isReplayed) ?? true
    guard isReplayed, WrittenHistory.Answered.text(result) == past.text else {
      throw Breach("\(past.command): \(result), not \(past.text)")
    }
  }

  private func requireIntegrity(_ path: String) throws {
    let verdict = try DatabaseFile.examine(at: path) {
      try String.fetchOne($0, sql: "PRAGMA integrity_check(1)")
    }
    guard verdict == "ok" else { throw Breach("\(path): \(verdict ?? "nothing")") }
  }
}
