/// Why no code can be generated. The text goes to the user through protoc, as it is.
public struct GenerationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, naming the file, symbol or option.
  public let description: String

  /// States what is wrong.
  public init(_ description: String) {
    self.description = description
  }
}
