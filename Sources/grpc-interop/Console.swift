import Foundation

/// Standard output, unbuffered: each line is out when `print` returns.
struct Console: Sendable {
  /// Writes a line.
  func print(_ text: String) {
    // Nobody reads on: there is nobody left to tell either.
    try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  }
}
