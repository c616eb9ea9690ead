import Contracts
import Identity

/// `farebox.auth.v1.AuthService`: contract in, a question to Identity, and back.
///
/// Each RPC has a file of its own. Safe from any thread; passwords are hashed on threads of their
/// own.
public struct AuthAPI: Farebox_Auth_V1_AuthService.SimpleServiceProtocol {
  let users: UserDirectory
  let issuer: TokenIssuer
  let throttle: LoginThrottle
  let keysJSON: String

  /// Makes the service.
  ///
  /// - Parameters:
  ///   - users: knows the users and their passwords.
  ///   - issuer: signs access tokens.
  ///   - keys: the public keys that verify those tokens, as published.
  ///   - throttle: bounds wrong passwords; share one between the services over one user store.
  public init(
    users: UserDirectory, issuer: TokenIssuer, keys: KeySet, throttle: LoginThrottle
  ) {
    self.users = users
    self.issuer = issuer
    self.throttle = throttle
    self.keysJSON = keys.json
  }
}
