import Foundation

/// What the system knows of this process, in the text format and by the names of Prometheus.
enum ProcessFigures {
  static func text() -> String {
    let seconds = processorTime() / .seconds(1)
    var lines = ["# TYPE process_cpu_seconds_total counter", "process_cpu_seconds_total \(seconds)"]
    if let bytes = residentBytes() {
      lines.append("# TYPE process_resident_memory_bytes gauge")
      lines.append("process_resident_memory_bytes \(bytes)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What all threads of the process have computed so far.
  static func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// Nil where the system does not tell.
  private static func residentBytes() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return nil
    }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return pages.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
  }
}
