/// Where chat's own token comes from: the one it shows to accounting.
public protocol ServiceTokens: Sendable {
  /// Returns a token that is valid for at least the next call. Throws when there is none to be had;
  /// the credit question is then denied.
  func token() async throws -> String
}
