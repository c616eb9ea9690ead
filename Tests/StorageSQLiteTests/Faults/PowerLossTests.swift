import Foundation
import Ledger
import LedgerConformance
import StorageFaults
import Testing

@testable import StorageSQLite

@Suite("Power loss", .serialized)
struct PowerLossTests {
  /// What a disk is asked to do, whichever workload.
  enum Shape: CaseIterable {
    /// One long run of the ledger.
    case long
    /// The ledger is closed and opened on the way.
    case reopened
    /// A wait for the disk fails, so that what was written before may never reach it.
    case failing

    var sessions: [Int] { self == .reopened ? [15, 12, 15] : [45] }
  }

  private static func history(
    seed: UInt64, _ shape: Shape, prepare: (FileWatch) -> Void = { _ in }
  ) async throws -> WrittenHistory {
    let temporary = try TemporaryDirectory(isInMemory: true)
    let watch = FileWatch(temporary.path)
    prepare(watch)
    if shape == .failing {
      var random = SeededGenerator(seed: seed)
      let k = Int.random(in: 14...60, using: &random)
      watch.arm(.sync, k, code: 10 | 4 << 8, isLasting: false)
    }
    var workload = StoreWorkload(
      seed: seed, path: temporary.path, watch: watch, isDiskFailing: shape == .failing)
    return try await workload.run(shape.sessions)
  }

  /// Judges `count` images of cuts that are spread over the whole history.
  private static func judge(
    _ history: WrittenHistory, count: Int, seed: UInt64, fate: Disk.Fate? = nil
  ) async throws {
    let temporary = try TemporaryDirectory(isInMemory: true)
    let trial = ImageTrial(history: history, room: temporary.path)
    let total = history.records.count
    let width = 2
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<width {
        group.addTask {
          var disk = Disk()
          var done = 0
          for number in stride(from: lane, to: count, by: width) {
            let cut = (number * total + total / 2) / count
            for record in history.records[done..<cut] { disk.carryOut(record) }
            done = cut
            var random = SeededGenerator(seed: seed &+ UInt64(number) &* 0x9E37_79B9)
            let (files, description) = disk.image(fate, &random)
            do {
              try await trial.judge(files, cut: cut, &random)
            } catch let breach as Breach {
              let kept = try Self.keep(files, "\(seed)-\(number)")
              throw Breach(
                "seed \(seed), image \(number) of \(count), cut \(cut) of \(total), "
                  + "\(description): \(breach); kept in \(kept)")
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Puts an image that failed where it can be looked at, and made into a fixed regression.
  private static func keep(_ files: [String: [UInt8]], _ name: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.path + "/farebox-image-\(name)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, bytes) in files {
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    return folder
  }

  @Test("the ledger opens with all that was acknowledged, whatever else the disk kept or lost")
  func images() async throws {
    let total = CampaignSize.images(usual: 1_000)
    let first = CampaignSize.firstSeed
    let start = ContinuousClock.now
    var (judged, histories, records) = (0, 0, 0)
    while judged < total {
      let seed = first &+ UInt64(histories)
      let shape = Shape.allCases[histories % Shape.allCases.count]
      let history = try await Self.history(seed: seed, shape)
      // Above the usual number every cut is made, and more than once.
      let every = total > 1_000 ? history.records.count * 2 : (total + 2) / 3
      let count = min(every, total - judged)
      try await Self.judge(history, count: count, seed: seed)
      judged += count
      histories += 1
      records += history.records.count
    }
    let seconds = (ContinuousClock.now - start).components.seconds
    print(
      "power loss: \(judged) images of \(histories) histories with \(records) records, "
        + "seed \(first), \(seconds) s")
  }

  /// The process is killed between a commit's writes and its wait for the disk; its successor finds
  /// the entry, tells its answer, and then the power goes.
  @Test("what a killed process left is on the disk before it is told", arguments: [1, 7, 15])
  func killedBefore(commit: Int) async throws {
    let history = try await Self.history(seed: 3, .long)
    let told = Dictionary(history.answers.map { ($0.seq ?? 0, $0) }) { first, _ in first }
    let head = history.heads.filter { told[$0.seq] != nil }[commit]
    let mark = try #require(
      history.records.firstIndex { if case .mark(head.seq) = $0 { true } else { false } })
    let cut = try #require(
      history.records[..<mark].lastIndex { if case .sync = $0 { true } else { false } })
    var disk = Disk()
    for record in history.records[..<cut] { disk.carryOut(record) }
    var random = SeededGenerator(seed: 1)
    let visible = disk.image(.kept, &random).files
    var second = Disk(certain: disk.image(.lost, &random).files, visible: visible)

    let temporary = try TemporaryDirectory(isInMemory: true)
    for (name, bytes) in visible {
      try Data(bytes).write(to: URL(fileURLWithPath: temporary.path + "/" + name))
    }
    let watch = FileWatch(temporary.path)
    let answered = try #require(told[head.seq])
    do {
      let store = try SQLiteLedgerStore(directory: DataDirectory(path: temporary.path))
      let ledger = try CreditLedger(store: store, clock: TestClock(answered.time))
      let again = try await ledger.submit(answered.command, by: answered.attempt).get()
      #expect(again.isReplayed && again.asOfSeq == head.seq)
      for record in watch.records() { second.carryOut(record) }
      try await ledger.shutDown()
    }
    let left = try TemporaryDirectory(isInMemory: true)
    for (name, bytes) in second.image(.lost, &random).files {
      try Data(bytes).write(to: URL(fileURLWithPath: left.path + "/" + name))
    }
    let store = try SQLiteLedgerStore(directory: DataDirectory(path: left.path))
    #expect(try store.load(LoadRequest()).head == head)
    try store.close()
  }

  @Test(
    "where commits do not wait for the disk, images miss what was acknowledged", arguments: [0, 1])
  func weakDurability(level: Int32) async throws {
    let history = try await Self.history(seed: 7, .long) { $0.forceSynchronous(level) }
    let breach = await #expect(throws: Breach.self) {
      try await Self.judge(history, count: 300, seed: 7)
    }
    print("synchronous \(level): \(breach.map { "\($0)" } ?? "no breach")")
  }
}
