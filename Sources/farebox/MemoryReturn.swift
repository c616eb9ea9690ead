import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Gives memory back to the system when the process has become quiet.
///
/// Allocators keep what is freed: glibc what lies between what is not, jemalloc for some seconds of
/// work more, which may never come. After a flood of connections that have all gone the process
/// would hold as much as at its height. Trimming walks the free lists under the allocator's locks,
/// so it is done when nobody is hurt by that, and once for each time that something happened. Other
/// allocators are left alone.
struct MemoryReturn {
  /// Time between two looks: 5 s.
  static let pause: Duration = .seconds(5)

  private var trim: @Sendable () -> Void
  private var quiet: QuietWatch

  init() {
    trim = Self.allocatorsTrim ?? {}
    quiet = QuietWatch(at: ProcessFigures.processorTime())
  }

  /// Looks until the task is cancelled.
  static func run() async {
    var memory = MemoryReturn()
    while (try? await Task.sleep(for: pause)) != nil { memory.look() }
  }

  private mutating func look() {
    guard quiet.look(at: ProcessFigures.processorTime()) else { return }
    trim()
    quiet.noteTrim(at: ProcessFigures.processorTime())
  }

  private static let allocatorsTrim: (@Sendable () -> Void)? = jemallocsTrim ?? glibcsTrim

  /// `arena.<i>.purge` of jemalloc(3), for all arenas.
  private static let jemallocsTrim: (@Sendable () -> Void)? = {
    typealias Control = @convention(c) (
      UnsafePointer<CChar>, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?,
      UnsafeMutableRawPointer?, Int
    ) -> Int32
    guard let symbol = dlsym(nil, "mallctl") else { return nil }
    let function = unsafeBitCast(symbol, to: Control.self)
    // MALLCTL_ARENAS_ALL
    return { _ = function("arena.4096.purge", nil, nil, nil, 0) }
  }()

  /// malloc_trim(3).
  private static let glibcsTrim: (@Sendable () -> Void)? = {
    typealias Trim = @convention(c) (Int) -> Int32
    guard let symbol = dlsym(nil, "malloc_trim") else { return nil }
    let function = unsafeBitCast(symbol, to: Trim.self)
    return { _ = function(0) }
  }()
}

/// Tells when a process that has worked has become quiet.
struct QuietWatch: Sendable {
  /// Processor time below which the span between two looks was quiet: 500 ms.
  static let quietMax: Duration = .milliseconds(500)
  /// Processor time since the last trim that is worth another one: 100 ms.
  static let workMin: Duration = .milliseconds(100)

  private var lastLook: Duration
  private var lastTrim: Duration

  /// Begins with the processor time so far.
  init(at processorTime: Duration) {
    lastLook = processorTime
    lastTrim = processorTime
  }

  /// Whether it is time to trim.
  mutating func look(at processorTime: Duration) -> Bool {
    let spent = processorTime - lastLook
    lastLook = processorTime
    return spent < Self.quietMax && processorTime - lastTrim >= Self.workMin
  }

  /// Notes that it was done, and what it cost.
  mutating func noteTrim(at processorTime: Duration) {
    lastLook = processorTime
    lastTrim = processorTime
  }
}
