/// Where a verifier gets the public keys from: the own process, or the auth service.
public protocol KeySource: Sendable {
  /// The keys as they are now. May take a call over the network; the implementation bounds its
  /// time.
  func fetchKeys() async throws -> KeySet
}

/// Keys of this process.
public struct LocalKeySource: KeySource {
  private let keys: KeySet

  /// A source that always answers `keys`.
  public init(_ keys: KeySet) {
    self.keys = keys
  }

  /// The keys given at the start.
  public func fetchKeys() async throws -> KeySet { keys }
}
