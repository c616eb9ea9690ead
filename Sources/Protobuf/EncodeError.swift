/// Why a message value cannot be put on the wire.
public enum EncodeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Nested messages deeper than any receiver accepts.
  case tooDeep(limit: Int)
  /// More than 2 GiB, the format's limit.
  case tooLarge

  public var description: String {
    switch self {
    case .tooDeep(let limit): "more than \(limit) levels of nested messages"
    case .tooLarge: "the encoded message would be larger than 2 GiB"
    }
  }
}
