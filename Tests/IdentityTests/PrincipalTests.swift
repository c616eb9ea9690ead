import Testing

@testable import Identity

@Suite("Roles and principals")
struct PrincipalTests {
  func principal(_ roles: RoleSet, subject: String = "usr_K1") -> Principal {
    Principal(subject: subject, username: "alice", roles: roles, tokenID: "t", expiresAt: 1)
  }

  @Test("Roles are a closed set: anything not spelled exactly so is none")
  func closed() {
    #expect(RoleSet(names: ["USER", "ADMIN", "SERVICE", "AUDITOR"]).roles == Role.allCases)
    for name in ["user", "User", " USER", "USER ", "ROOT", "", "\u{FF21}DMIN", "\u{410}DMIN"] {
      #expect(RoleSet(names: [name]).isEmpty, "\(name)")
    }
    #expect(RoleSet([.admin, .admin]).names == ["ADMIN"])
    #expect(RoleSet([.admin]).intersects([.admin, .user]))
    #expect(!RoleSet([.admin]).intersects([.user]))
    #expect(!RoleSet([]).intersects([.user, .admin, .service, .auditor]))
  }

  @Test("Access to an account: one's own, or by role; the refusal is the same for all accounts")
  func access() throws {
    let user = principal([.user])
    #expect(try user.requireAccess(to: "usr_K1", orAnyOf: []) == "usr_K1")
    #expect(try user.requireAccess(to: "", orAnyOf: []) == "usr_K1")
    for other in ["usr_2", "usr_k1", "usr_K1 ", "usr_K1\0", "usr_\u{212A}1"] {
      #expect(throws: AccessDenied()) {
        try user.requireAccess(to: other, orAnyOf: [.admin, .service])
      }
    }
    #expect(try principal([.admin]).requireAccess(to: "usr_2", orAnyOf: [.admin]) == "usr_2")
    #expect(throws: AccessDenied()) {
      try principal([.auditor]).requireAccess(to: "usr_2", orAnyOf: [.admin])
    }
  }

  @Test("Names are ASCII identifiers, equal without regard to case")
  func usernames() throws {
    #expect(Username("Alice") == Username("aLICE"))
    #expect(Username("a.b_c:d-9")?.text == "a.b_c:d-9")
    #expect(Username(String(repeating: "a", count: 64)) != nil)
    for bad in ["", " ", "a b", "ünal", "a\n", "\u{212A}im", String(repeating: "a", count: 65)] {
      #expect(Username(bad) == nil, "\(bad)")
    }
  }

  @Test("User ids are identifiers and do not repeat")
  func userIDs() {
    let ids = (0..<1000).map { _ in UserRecord.makeID() }
    #expect(Set(ids).count == 1000)
    #expect(ids.allSatisfy { isIdentifier($0) && $0.hasPrefix("usr_") })
  }

  @Test("A user prints no password hash")
  func redaction() throws {
    let user = UserRecord(
      id: "usr_1", username: try #require(Username("alice")), passwordHash: "$argon2id$canary",
      roles: [.user], createdAt: 0)
    #expect(!"\(user)".contains("canary"))
    #expect(!String(reflecting: user).contains("canary"))
  }
}
