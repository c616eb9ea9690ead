/// Why the storage cannot be used by this process. Nothing was changed.
public struct StartupError: Error, Sendable, CustomStringConvertible {
  /// What is wrong and with which file, for the operator.
  public let description: String

  /// Whether another process uses the files.
  public let isInUse: Bool

  /// Describes what is wrong.
  public init(_ description: String, isInUse: Bool = false) {
    self.description = description
    self.isInUse = isInUse
  }

  /// The same with what the operator can do.
  public func advising(_ advice: String) -> StartupError {
    StartupError("\(description); \(advice)", isInUse: isInUse)
  }
}
