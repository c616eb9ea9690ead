import Synchronization

/// The access token of a program that calls other services: fetched when first needed, kept, and
/// renewed before it ends.
public final class RenewingToken: Sendable {
  /// Seconds before its end at which a token is renewed: longer than any call should take.
  public static let renewalMargin: Int64 = 60

  private struct State {
    var token: TokenIssuer.IssuedToken?
    var renewal: Task<TokenIssuer.IssuedToken, any Error>?
  }

  private let clock: UnixClock
  private let renew: @Sendable () async throws -> TokenIssuer.IssuedToken
  private let state = Mutex(State())

  /// A token that `renew` makes: by an issuer of this process, or by a login elsewhere.
  public init(
    clock: UnixClock = .system,
    renew: @escaping @Sendable () async throws -> TokenIssuer.IssuedToken
  ) {
    self.clock = clock
    self.renew = renew
  }

  /// A token that is good for another minute.
  ///
  /// Calls that come while it is being renewed wait for that one renewal. Throws what it throws; the
  /// next call tries again.
  public func token() async throws -> String {
    switch current() {
    case .good(let token): return token
    case .renewing(let renewal): return try await renewal.value.token
    }
  }

  private enum Current {
    case good(String)
    case renewing(Task<TokenIssuer.IssuedToken, any Error>)
  }

  private func current() -> Current {
    let now = clock.now()
    return state.withLock { state in
      if let token = state.token, token.expiresAt - Self.renewalMargin > now {
        return .good(token.token)
      }
      if let renewal = state.renewal { return .renewing(renewal) }
      // Unstructured: it serves every waiting call and outlives the one that started it.
      let renewal = Task { try await self.renewOnce() }
      state.renewal = renewal
      return .renewing(renewal)
    }
  }

  private func renewOnce() async throws -> TokenIssuer.IssuedToken {
    do {
      let token = try await renew()
      state.withLock { $0 = State(token: token) }
      return token
    } catch {
      state.withLock { $0.renewal = nil }
      throw error
    }
  }
}
