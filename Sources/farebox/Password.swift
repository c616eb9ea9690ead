import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Reads a password without showing it. Never from the command line: other users can see that.
enum Password {
  /// Asks on the terminal with echo off, or takes the first line of standard input when that is not
  /// a terminal. Throws ``StartupError`` when there is no line.
  static func read(prompt: String) throws -> String {
    guard isatty(STDIN_FILENO) == 1 else { return try line() }
    FileHandle.standardError.write(Data(prompt.utf8))
    var shown = termios()
    tcgetattr(STDIN_FILENO, &shown)
    var hidden = shown
    hidden.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
    defer {
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown)
      FileHandle.standardError.write(Data("\n".utf8))
    }
    return try line()
  }

  /// The first line of a file. Throws ``StartupError`` when there is none.
  static func read(file path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path),
      let line = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).first
    else { throw StartupError("the password file \(path) cannot be read or is empty") }
    return String(line)
  }

  private static func line() throws -> String {
    guard let line = readLine(strippingNewline: true), !line.isEmpty else {
      throw StartupError("no password was given")
    }
    return line
  }
}
