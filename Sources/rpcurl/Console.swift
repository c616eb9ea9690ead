import Foundation

/// Standard output and standard error, unbuffered: each line is out when `print` returns.
struct Console: Sendable {
  /// Writes a line to standard output.
  func print(_ text: String) { write(text + "\n", to: .standardOutput) }

  /// Writes a line to standard error.
  func complain(_ text: String) { write(text + "\n", to: .standardError) }

  private func write(_ text: String, to handle: FileHandle) {
    // Nobody reads on: there is nobody left to tell either.
    try? handle.write(contentsOf: Data(text.utf8))
  }
}
