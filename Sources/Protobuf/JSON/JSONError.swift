/// Why a JSON text could not be read, or a message could not be written as JSON.
///
/// The error always says where: syntax errors by line and column, mapping errors by the path of
/// the offending value, such as `$.lines[2].amount`.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The place an error is about.
  public enum Location: Hashable, Sendable {
    /// A position in the text; both counts start at 1, columns count bytes.
    case position(line: Int, column: Int)
    /// A path into the value, `$` being the whole value.
    case path(String)
  }

  /// The place the error is about.
  public let location: Location

  /// What is wrong there, in a few words without a full stop.
  public let reason: String

  /// Makes an error about a place in the text.
  public init(line: Int, column: Int, reason: String) {
    self.location = .position(line: line, column: column)
    self.reason = reason
  }

  /// Makes an error about a value at a path.
  public init(path: JSONPath, reason: String) {
    self.location = .path(path.description)
    self.reason = reason
  }

  /// Place and reason in one line.
  public var description: String {
    switch location {
    case .position(let line, let column): "line \(line), column \(column): \(reason)"
    case .path(let path): "\(path): \(reason)"
    }
  }
}
