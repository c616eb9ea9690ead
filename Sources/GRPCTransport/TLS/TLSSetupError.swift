/// What is wrong with the certificates, keys or names that TLS was set up with.
public struct TLSSetupError: Error, Hashable, CustomStringConvertible {
  /// Names the file or the value, and what is wrong with it.
  public let description: String
}
