import Contracts
import GRPC
import GRPCServices
import Identity
import Testing

@testable import AuthService

@Suite("Login")
struct LoginTests {
  @Test("The right password gives a token that says who, verifies from GetKeys, and ends in time")
  func success() async throws {
    try await AuthFixture.run { auth in
      let response = try await auth.login("ALICE", "correct horse")
      #expect(response.user?.username == "alice")
      #expect(response.user?.roles == [.user])
      #expect(response.user?.userID.hasPrefix("usr_") == true)
      #expect(response.user?.createdAt?.seconds == auth.time.now)
      #expect(response.expiresAt?.seconds == auth.time.now + 600)

      let published = try await auth.client.getKeys(
        .init(), metadata: Metadata(), options: .defaults)
      for audience in ServiceAudience.all {
        let verifier = TokenVerifier(
          audience: audience, keys: KeyRing(fixed: try KeySet(json: published.jwksJson)),
          clock: auth.time.clock)
        let principal = try await verifier.verify(Array(response.accessToken.utf8))
        #expect(principal.subject == response.user?.userID)
        #expect(principal.roles == [.user])
      }
    }
  }

  @Test("Unknown user, wrong password and malformed password get byte-equal refusals")
  func badCredentials() async throws {
    try await AuthFixture.run { auth in
      var refusals: [RPCError] = []
      for (name, password) in [
        ("alice", "wrong horse"), ("nobody", "correct horse"), ("alice", "correct horse "),
        ("alice", "\u{0}"), ("nobody", String(repeating: "x", count: 256)),
      ] {
        let error = await failure { _ = try await auth.login(name, password) }
        refusals.append(try #require(error))
      }
      for error in refusals {
        #expect(error.code == .unauthenticated)
        #expect(error.errorInfo?.reason == "BAD_CREDENTIALS")
        #expect(error.message == refusals[0].message)
        #expect(error.detailsBytes == refusals[0].detailsBytes)
        #expect(error.metadata == refusals[0].metadata)
      }
    }
  }

  @Test("Missing and impossible fields are named")
  func invalid() async throws {
    try await AuthFixture.run { auth in
      let rows: [(String, String, String)] = [
        ("", "", "username"), ("", "x", "username"), ("a b", "x", "username"),
        (String(repeating: "a", count: 65), "x", "username"), ("\u{212A}im", "x", "username"),
        ("alice", "", "password"), ("alice", String(repeating: "x", count: 257), "password"),
        ("alice", String(repeating: "x", count: 1_000_000), "password"),
      ]
      for (name, password, field) in rows {
        let error = await failure { _ = try await auth.login(name, password) }
        #expect(error?.code == .invalidArgument, "\(name)")
        #expect(error?.fieldViolations.map(\.field) == [field], "\(name)")
      }
    }
  }

  @Test("After ten failures a name has to wait, others do not, and time heals")
  func throttled() async throws {
    try await AuthFixture.run { auth in
      for _ in 0..<10 {
        let error = await failure { _ = try await auth.login("alice", "wrong horse") }
        #expect(error?.code == .unauthenticated)
      }
      let error = await failure { _ = try await auth.login("Alice", "correct horse") }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.errorInfo?.reason == "LOGIN_THROTTLED")
      #expect(error?.detail(Google_Rpc_RetryInfo.self)?.retryDelay?.seconds == 40)
      _ = try await auth.login("root", "correct horse")
      auth.time.advance(40)
      _ = try await auth.login("alice", "correct horse")
    }
  }
}
