import Dispatch
import Foundation
import Synchronization
import Testing

@testable import StorageSQLite

#if canImport(Glibc)
  import Glibc
#endif

@Suite("A thread that stands back", .timeLimit(.minutes(1)))
struct BackgroundThreadTests {
  @Test("runs what came first, first, and what is due later when it is")
  func order() {
    let thread = BackgroundThread("test")
    let said = Mutex<[String]>([])
    let isOver = DispatchSemaphore(value: 0)
    thread.run(after: .milliseconds(60)) {
      said.withLock { $0.append("third") }
      isOver.signal()
    }
    thread.run(after: .milliseconds(30)) { said.withLock { $0.append("second") } }
    for number in 0..<100 { thread.run { said.withLock { $0.append("\(number)") } } }
    thread.runAndWait { said.withLock { $0.append("first") } }
    #expect(said.withLock { $0.filter { Int($0) != nil } } == (0..<100).map { "\($0)" })
    #expect(isOver.wait(timeout: .now() + 30) == .success)
    #expect(said.withLock { $0.filter { Int($0) == nil } } == ["first", "second", "third"])
  }

  @Test("has done what it was asked to when it has been waited for, and ends when it is let go")
  func end() {
    let isLetGo = DispatchSemaphore(value: 0)
    final class Token: Sendable {
      let signal: DispatchSemaphore
      init(_ signal: DispatchSemaphore) { self.signal = signal }
      deinit { signal.signal() }
    }
    do {
      let thread = BackgroundThread("test")
      let token = Token(isLetGo)
      // The last piece holds the token, and the thread the piece, until it is over.
      thread.run(after: .milliseconds(20)) { withExtendedLifetime(token) {} }
    }
    #expect(isLetGo.wait(timeout: .now() + 30) == .success)
  }

  #if canImport(Glibc)
    @Test("has a lower place than the thread that made it, which keeps its own")
    func place() {
      let who = __priority_which_t(PRIO_PROCESS.rawValue)
      let before = getpriority(who, 0)
      let thread = BackgroundThread("test")
      let place = Mutex<Int32>(0)
      thread.runAndWait { place.withLock { $0 = getpriority(who, 0) } }
      #expect(place.withLock { $0 } == min(19, before + 6))
      #expect(getpriority(who, 0) == before)
    }

    @Test("has a short slice where the system heeds one", .enabled(if: systemHeedsSlices))
    func slice() throws {
      let thread = BackgroundThread("test")
      let schedule = Mutex("")
      thread.runAndWait {
        let text = (try? String(contentsOfFile: "/proc/thread-self/sched", encoding: .utf8)) ?? ""
        schedule.withLock { $0 = text }
      }
      let line = try #require(
        schedule.withLock { $0.split(separator: "\n").first { $0.hasPrefix("se.slice ") } })
      #expect(line.split(separator: " ").last == "100000")
    }
  #endif
}

#if canImport(Glibc)
  /// Linux 6.12 and later, where it tells about threads (CONFIG_SCHED_DEBUG).
  private var systemHeedsSlices: Bool {
    let version = ProcessInfo.processInfo.operatingSystemVersion
    let isRecent = (version.majorVersion, version.minorVersion) >= (6, 12)
    return isRecent && FileManager.default.fileExists(atPath: "/proc/thread-self/sched")
  }
#endif
