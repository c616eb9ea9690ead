import Foundation

/// Reads `--name value` pairs; each may be given once.
struct Options {
  private var values: [String: String] = [:]
  private(set) var words: [String] = []

  init(_ arguments: some Sequence<String>) throws(UsageError) {
    var name: String?
    for argument in arguments {
      if let pending = name {
        guard values.updateValue(argument, forKey: pending) == nil else {
          throw UsageError("--\(pending) is given twice")
        }
        name = nil
      } else if argument.hasPrefix("--") {
        name = String(argument.dropFirst(2))
      } else {
        words.append(argument)
      }
    }
    if let name { throw UsageError("--\(name) needs a value") }
  }

  /// Takes an option's value; nil when it is not given.
  mutating func text(_ name: String) -> String? { values.removeValue(forKey: name) }

  /// Takes a number above zero.
  mutating func number(_ name: String, _ usual: Int) throws(UsageError) -> Int {
    guard let text = text(name) else { return usual }
    guard let number = Int(text), number > 0 else {
      throw UsageError("--\(name) must be a whole number above 0")
    }
    return number
  }

  /// Takes a number that is not negative; nil when it is not given.
  mutating func real(_ name: String) throws(UsageError) -> Double? {
    guard let text = text(name) else { return nil }
    guard let number = Double(text), number >= 0, number.isFinite else {
      throw UsageError("--\(name) must be a number, at least 0")
    }
    return number
  }

  /// Requires that nothing is left.
  func finish() throws(UsageError) {
    if let name = values.keys.min() { throw UsageError("unknown option --\(name)") }
  }
}

/// A command line that says nothing to be done.
struct UsageError: Error {
  let description: String
  init(_ description: String) { self.description = description }
}
