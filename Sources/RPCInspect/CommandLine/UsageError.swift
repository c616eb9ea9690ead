/// A command line that cannot be carried out.
public struct UsageError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, for people.
  public let description: String

  /// Makes an error.
  public init(_ description: String) { self.description = description }
}
