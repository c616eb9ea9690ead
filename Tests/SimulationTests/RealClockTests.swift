import Foundation
import Testing

@Suite("Nothing that is simulated asks the real machine")
struct RealClockTests {
  /// Where the machine is asked, on purpose: nothing of it runs in a simulation.
  private static let doors: Set<String> = [
    "Ledger/Engine/LedgerMachine.swift", "Ledger/Values/LedgerTime.swift",
  ]
  private static let questions = [
    "ContinuousClock.now", "SuspendingClock", "Deadline.now", "Deadline(after", ".isPast",
    " .now)", " .now ", "(.now", "Date()", "clock_gettime", "Task.sleep", "Task.detached", "Task {",
    "Dispatch", "Thread", "SystemRandom", ".random(in:", "randomElement()", "shuffled()",
  ]

  @Test("for threads, for the time, or for chance")
  func sources() throws {
    var count = 0
    for folder in ["Ledger", "AccountingService"] {
      let root = sourcesFolder.appending(path: folder)
      for name in try FileManager.default.subpathsOfDirectory(atPath: root.path)
      where name.hasSuffix(".swift") {
        count += 1
        guard !Self.doors.contains("\(folder)/\(name)") else { continue }
        let text = try String(contentsOf: root.appending(path: name), encoding: .utf8)
        for question in Self.questions where text.contains(question) {
          let lines = text.split(separator: "\n").filter { $0.contains(question) }
          for line in lines.map({ $0.trimmingCharacters(in: .whitespaces) }) {
            #expect(line.hasPrefix("//"), "\(folder)/\(name) asks: \(line)")
          }
        }
      }
    }
    #expect(count > 80)
  }

  private var sourcesFolder: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources").resolvingSymlinksInPath()
  }
}
