import Foundation
import NIOCore

/// The cores that this process may use.
enum UsableCores {
  /// How many there are: those that it may run on, and no more than its control group is given.
  ///
  /// More event loops than that share a core in time slices of milliseconds, for which the calls of
  /// all but one of them wait. The mask knows of `taskset` and of the CPU sets of containers.
  static var count: Int {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    return max(1, min(System.coreCount, status.flatMap(allowed(in:)) ?? .max))
  }

  /// How many cores a process may run on, by its status: see proc(5). nil when it does not say.
  static func allowed(in status: String) -> Int? {
    let key = "Cpus_allowed:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else {
      return nil
    }
    var count = 0
    for character in line.dropFirst(key.count) where !character.isWhitespace && character != "," {
      guard let digit = character.hexDigitValue else { return nil }
      count += digit.nonzeroBitCount
    }
    return count > 0 ? count : nil
  }
}
