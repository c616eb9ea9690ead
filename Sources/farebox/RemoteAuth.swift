import ChatService
import Contracts
import Foundation
import GRPC
import Identity

/// The public keys of an auth service that runs elsewhere.
struct RemoteKeySource: KeySource {
  let client: Farebox_Auth_V1_AuthService.Client

  init(client: GRPCClient) {
    self.client = Farebox_Auth_V1_AuthService.Client(wrapping: client)
  }

  func fetchKeys() async throws -> KeySet {
    let answer = try await client.getKeys(.init(), options: .timeout(.seconds(5)))
    return try KeySet(json: answer.jwksJson)
  }
}

/// Chat's own tokens from an auth service that runs elsewhere, by logging in as a SERVICE user.
///
/// An actor, so that calls that find the token old log in once and not each for itself.
actor LoginTokens: ServiceTokens {
  /// A token is renewed when less than this is left of it.
  private static let renewBefore: TimeInterval = 120

  private let client: Farebox_Auth_V1_AuthService.Client
  private let username: String
  private let password: String
  private var current: (token: String, expiresAt: TimeInterval)?
  private var login: Task<(token: String, expiresAt: TimeInterval), any Error>?

  init(client: GRPCClient, username: String, password: String) {
    self.client = Farebox_Auth_V1_AuthService.Client(wrapping: client)
    self.username = username
    self.password = password
  }

  func token() async throws -> String {
    let now = Date().timeIntervalSince1970
    if let current, current.expiresAt - now > Self.renewBefore { return current.token }
    do {
      return try await renewed().token
    } catch {
      // The old token is good until its end.
      if let current, current.expiresAt > now { return current.token }
      throw error
    }
  }

  private func renewed() async throws -> (token: String, expiresAt: TimeInterval) {
    if let login { return try await login.value }
    var request = Farebox_Auth_V1_LoginRequest()
    request.username = username
    request.password = password
    let question = request
    let client = client
    // Detached: the login serves every waiting call, whatever becomes of the one that started it.
    let task = Task.detached { () async throws -> (token: String, expiresAt: TimeInterval) in
      let answer = try await client.login(question, options: .timeout(.seconds(5)))
      return (answer.accessToken, TimeInterval(answer.expiresAt?.seconds ?? 0))
    }
    login = task
    defer { login = nil }
    let fresh = try await task.value
    current = fresh
    return fresh
  }
}

/// Chat's own tokens when auth runs in the same process: signed here, never sent over a network.
actor LocalTokens: ServiceTokens {
  private let issuer: TokenIssuer
  private var current: TokenIssuer.IssuedToken?

  init(issuer: TokenIssuer) {
    self.issuer = issuer
  }

  func token() async throws -> String {
    if let current, Double(current.expiresAt) - Date().timeIntervalSince1970 > 120 {
      return current.token
    }
    guard let name = Username("chat") else { throw StartupError("chat is not a name") }
    let fresh = try await issuer.issue(subject: "svc:chat", username: name, roles: [.service])
    current = fresh
    return fresh.token
  }
}
