import Foundation

/// What has happened: a hash of all of it, the last lines of it, and how often what kind of thing.
struct History {
  private static let tailMax = 120

  /// FNV-1a over all lines.
  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  private(set) var counts: [String: Int] = [:]
  private var tail: [String] = []
  /// Whether all lines are kept, for whoever wants to compare histories.
  private let isWhole = ProcessInfo.processInfo.environment["FAREBOX_HISTORY"] != nil

  mutating func note(_ line: String) {
    var hash = hash
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    self.hash = (hash ^ 10) &* 0x100_0000_01b3
    if !isWhole, tail.count >= 2 * Self.tailMax { tail.removeFirst(Self.tailMax) }
    tail.append(line)
  }

  /// Counts something that is to be reached.
  mutating func count(_ what: String) { counts[what, default: 0] += 1 }

  /// The last lines.
  var lastLines: String {
    (isWhole ? tail[...] : tail.suffix(Self.tailMax)).joined(separator: "\n")
  }
}
