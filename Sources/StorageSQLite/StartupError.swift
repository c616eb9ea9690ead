/// Why the storage cannot be used by this process. Nothing was changed.
public struct StartupError: Error, Sendable, CustomStringConvertible {
  /// What is wrong and with which file, for the operator.
  public let description: String

  /// Describes what is wrong.
  public init(_ description: String) {
    self.description = description
  }

  /// The same with what the operator can do.
  func advising(_ advice: String) -> StartupError {
    StartupError("\(description); \(advice)")
  }
}
