import Contracts
import GRPC
import GRPCServices
import Identity
import Testing

@testable import AuthService

@Suite("WhoAmI and CreateUser")
struct UserTests {
  @Test("WhoAmI tells what the token says, and refuses without one")
  func whoAmI() async throws {
    try await AuthFixture.run { auth in
      let metadata = try await auth.token(of: "root")
      let answer = try await auth.client.whoAmI(.init(), metadata: metadata, options: .defaults)
      #expect(answer.username == "root")
      #expect(answer.roles == [.user, .admin])
      #expect(answer.tokenExpiresAt?.seconds == auth.time.now + 600)

      let missing = await failure {
        _ = try await auth.client.whoAmI(.init(), metadata: Metadata(), options: .defaults)
      }
      #expect(missing?.code == .unauthenticated)
      #expect(missing?.errorInfo?.reason == "TOKEN_MISSING")
      auth.time.advance(630)
      let expired = await failure {
        _ = try await auth.client.whoAmI(.init(), metadata: metadata, options: .defaults)
      }
      #expect(expired?.code == .unauthenticated)
      #expect(expired?.errorInfo?.reason == "TOKEN_EXPIRED")
    }
  }

  func request(
    _ name: String, _ password: String, _ roles: [Farebox_Auth_V1_Role]
  ) -> Farebox_Auth_V1_CreateUserRequest {
    var request = Farebox_Auth_V1_CreateUserRequest()
    request.username = name
    request.password = password
    request.roles = roles
    return request
  }

  @Test("An administrator adds a user, who then logs in with just those roles")
  func create() async throws {
    try await AuthFixture.run { auth in
      let admin = try await auth.token(of: "root")
      let answer = try await auth.client.createUser(
        request("Bob", "long enough", [.user, .auditor]), metadata: admin, options: .defaults)
      #expect(answer.user?.username == "Bob")
      #expect(answer.user?.roles == [.user, .auditor])
      let login = try await auth.login("bob", "long enough")
      #expect(login.user == answer.user)
    }
  }

  @Test("Only administrators add users")
  func forbidden() async throws {
    try await AuthFixture.run { auth in
      let user = try await auth.token(of: "alice")
      let rows: [(Metadata, RPCError.Code)] = [
        (user, .permissionDenied), (Metadata(), .unauthenticated),
      ]
      for (metadata, code) in rows {
        // Also with a request that would be refused: who may not ask learns nothing.
        for name in ["bob", "", "alice"] {
          let error = await failure {
            _ = try await auth.client.createUser(
              request(name, "long enough", [.admin]), metadata: metadata, options: .defaults)
          }
          #expect(error?.code == code)
        }
      }
      let error = await failure { _ = try await auth.login("bob", "long enough") }
      #expect(error?.code == .unauthenticated)
    }
  }

  @Test("Refusals come in the order of the contract")
  func refusals() async throws {
    try await AuthFixture.run { auth in
      let admin = try await auth.token(of: "root")
      let good = "long enough"
      let rows: [(Farebox_Auth_V1_CreateUserRequest, RPCError.Code, String)] = [
        (request("", "x", []), .invalidArgument, "username"),
        (request("a/b", "x", []), .invalidArgument, "username"),
        (request("bob", "1234567", []), .invalidArgument, "password"),
        (request("bob", String(repeating: "x", count: 257), []), .invalidArgument, "password"),
        (request("bob", good, []), .invalidArgument, "roles"),
        (request("bob", good, [.unspecified]), .invalidArgument, "roles"),
        (request("bob", good, [.user, .UNRECOGNIZED(9)]), .invalidArgument, "roles"),
        (request("ALICE", good, [.user]), .alreadyExists, ""),
      ]
      for (request, code, field) in rows {
        let error = await failure {
          _ = try await auth.client.createUser(request, metadata: admin, options: .defaults)
        }
        #expect(error?.code == code)
        #expect(error?.fieldViolations.map(\.field) == (field.isEmpty ? [] : [field]))
        if code == .alreadyExists { #expect(error?.errorInfo?.reason == "USER_EXISTS") }
      }
    }
  }
}
