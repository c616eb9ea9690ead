import Crypto
import Foundation
import JWTKit
import Testing

@testable import Identity

@Suite("Verifying access tokens")
struct TokenVerifierTests {
  let time = ManualClock()
  var forge: TokenForge { TokenForge(now: time.now) }

  func makeVerifier(audience: String = ServiceAudience.accounting) throws -> TokenVerifier {
    TokenVerifier(
      audience: audience, keys: KeyRing(fixed: KeySet([try TokenForge.signingKey.verificationKey])),
      clock: time.clock)
  }

  @Test("A token of the issuer is accepted with the roles it grants, by each service")
  func issuedToken() async throws {
    let issuer = try await TokenIssuer(key: TokenForge.signingKey, clock: time.clock)
    let name = try #require(Username("Alice"))
    let issued = try await issuer.issue(subject: "usr_7", username: name, roles: [.user, .admin])
    #expect(issued.expiresAt == time.now + 600)
    for audience in ServiceAudience.all {
      let verifier = try makeVerifier(audience: audience)
      let principal = try await verifier.verify(Array(issued.token.utf8))
      #expect(principal.subject == "usr_7")
      #expect(principal.username == "Alice")
      #expect(principal.roles == [.user, .admin])
      #expect(principal.expiresAt == issued.expiresAt)
    }
  }

  @Test("An independent JWT library accepts the issuer's tokens from the published key set")
  func interoperability() async throws {
    struct Claims: JWTPayload {
      var sub: String
      var exp: Int64
      func verify(using algorithm: some JWTAlgorithm) {}
    }
    let key = SigningKey()
    let issuer = try await TokenIssuer(key: key, clock: time.clock)
    let name = try #require(Username("alice"))
    let issued = try await issuer.issue(subject: "usr_7", username: name, roles: [.user])
    let keys = try await JWTKeyCollection().add(jwksJSON: KeySet([key.verificationKey]).json)
    let claims = try await keys.verify(issued.token, as: Claims.self)
    #expect(claims.sub == "usr_7")
    #expect(claims.exp == issued.expiresAt)
  }

  @Test("What the forge makes unaltered is accepted, so that each refusal below has one cause")
  func forgeIsSound() throws {
    let verifier = try makeVerifier()
    #expect(try verifier.refusal(of: forge.signed()) == nil)
    // Members that point to other keys are ignored, not followed (J2).
    for name in ["jku", "x5u", "x5c", "jwk", "x5t"] {
      let token = try forge.header(name, "https://attacker.example/keys").signed()
      #expect(verifier.refusal(of: token) == nil, "\(name)")
    }
  }

  @Test(
    "A header that names another algorithm is refused, also with a right signature",
    arguments: [
      "none", "None", "NONE", "nOnE", "", "HS256", "HS512", "RS256", "PS256", "ES384", "ES512",
      "ES256K", "EdDSA", "es256", "ES256 ",
    ])
  func otherAlgorithms(algorithm: String) throws {
    let verifier = try makeVerifier()
    let header = try TokenForge.part(forge.header("alg", algorithm).header)
    let claims = try TokenForge.part(forge.claims)
    #expect(verifier.refusal(of: try TokenForge.sign(header, claims)) == .wrongAlgorithm)
    #expect(verifier.refusal(of: "\(header).\(claims).") == .badSignature)
  }

  @Test("An HMAC over the token with the public key as secret is refused")
  func algorithmConfusion() throws {
    let verifier = try makeVerifier()
    let header = try TokenForge.part(forge.header("alg", "HS256").header)
    let signed = try "\(header).\(TokenForge.part(forge.claims))"
    let publicKey = TokenForge.key.publicKey
    let json = try KeySet([TokenForge.signingKey.verificationKey]).json
    for secret in [
      Data(publicKey.pemRepresentation.utf8), publicKey.derRepresentation,
      publicKey.x963Representation, publicKey.rawRepresentation, Data(json.utf8),
    ] {
      let mac = Data(
        HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: secret)))
      #expect(verifier.refusal(of: "\(signed).\(Base64URL.encode(mac))") == .badSignature)
      let doubled = Base64URL.encode(mac + mac)
      #expect(verifier.refusal(of: "\(signed).\(doubled)") == .wrongAlgorithm)
    }
  }

  @Test("Header members that are missing, of the wrong type or unsupported are refused")
  func headers() throws {
    let verifier = try makeVerifier()
    let rows: [(String, (any Sendable)?, TokenError)] = [
      ("alg", nil, .unsupportedHeader("alg")),
      ("alg", 256, .unsupportedHeader("alg")),
      ("alg", ["ES256"], .unsupportedHeader("alg")),
      ("typ", nil, .unsupportedHeader("typ")),
      ("typ", "JWT", .unsupportedHeader("typ")),
      ("typ", "AT+JWT", .unsupportedHeader("typ")),
      ("crit", ["exp"], .unsupportedHeader("crit")),
      ("crit", [String](), .unsupportedHeader("crit")),
      ("crit", ["b64"], .unsupportedHeader("crit")),
      ("b64", false, .unsupportedHeader("b64")),
      ("zip", "DEF", .unsupportedHeader("zip")),
      ("kid", nil, .unknownKey),
      ("kid", 1, .unknownKey),
      ("kid", "", .unknownKey),
      ("kid", "other", .unknownKey),
      ("kid", "../../../../dev/null", .unknownKey),
      ("kid", "x' UNION SELECT 'key", .unknownKey),
      ("kid", String(repeating: "k", count: 5000), .unknownKey),
    ]
    for (name, value, refusal) in rows {
      let token = try forge.header(name, value).signed()
      #expect(verifier.refusal(of: token) == refusal, "\(name) = \(String(describing: value))")
    }
  }

  @Test("Each claim is mandatory and of one type")
  func claims() throws {
    let verifier = try makeVerifier()
    let claims = ["iss", "aud", "sub", "name", "roles", "iat", "nbf", "exp", "jti"]
    for claim in claims {
      let wrongTypes: [(any Sendable)?] = [nil, true, ["x": 1], NSNull(), 1.5]
      for value in wrongTypes {
        let token = try forge.claim(claim, value).signed()
        #expect(verifier.refusal(of: token) == .badClaim(claim), "\(claim)")
      }
    }
    let now = time.now
    let rows: [(String, any Sendable, TokenError)] = [
      ("iss", "Farebox", .wrongIssuer),
      ("iss", "https://attacker.example", .badClaim("iss")),
      ("aud", "farebox.auth", .wrongAudience),
      ("aud", "farebox.accounting.evil", .wrongAudience),
      ("aud", "farebox.", .wrongAudience),
      ("aud", ["Farebox"], .wrongAudience),
      ("aud", [String](), .wrongAudience),
      ("aud", ["FAREBOX.ACCOUNTING"], .wrongAudience),
      ("aud", ["farebox.accounting", 1] as [any Sendable], .badClaim("aud")),
      ("sub", "", .badClaim("sub")),
      ("sub", "a b", .badClaim("sub")),
      ("sub", "alice\u{0}x", .badClaim("sub")),
      ("sub", String(repeating: "s", count: 65), .badClaim("sub")),
      ("roles", "ADMIN", .badClaim("roles")),
      ("roles", ["USER", 7] as [any Sendable], .badClaim("roles")),
      ("exp", "\(now + 60)", .badClaim("exp")),
      ("exp", -1, .badClaim("exp")),
      ("exp", Int64.max, .badClaim("exp")),
      ("exp", now + 601, .badClaim("exp")),
      ("exp", now + 86_400, .badClaim("exp")),
      ("iat", -1, .badClaim("iat")),
      ("nbf", "\(now)", .badClaim("nbf")),
      ("nbf", -5, .badClaim("nbf")),
      ("jti", "", .badClaim("jti")),
    ]
    for (claim, value, refusal) in rows {
      let token = try forge.claim(claim, value).signed()
      #expect(verifier.refusal(of: token) == refusal, "\(claim) = \(value)")
    }
  }

  @Test("A token for the whole system is for each service")
  func wholeSystem() throws {
    for audience in ServiceAudience.all {
      let verifier = try makeVerifier(audience: audience)
      #expect(try verifier.refusal(of: forge.claim("aud", "farebox").signed()) == nil)
    }
  }

  @Test("A role that is not exactly one of ours grants nothing")
  func unknownRoles() throws {
    let verifier = try makeVerifier()
    let names = ["admin", "Admin", "ROOT", "ADMIN ", "\u{410}DMIN", "", "*"]
    let principal = try verifier.verdict(on: forge.claim("roles", names).signed()).get()
    #expect(principal.roles.isEmpty)
    let mixed = try verifier.verdict(on: forge.claim("roles", names + ["AUDITOR"]).signed()).get()
    #expect(mixed.roles == [.auditor])
  }

  @Test("Times are judged with 30 seconds of leeway, to the second")
  func boundaries() throws {
    let start = time.now
    let rows: [(String, Int64, Int64, TokenError?)] = [
      // claim, its offset from the clock, lifetime start, refusal
      ("exp", -29, -100, nil), ("exp", -30, -100, .expired), ("exp", -31, -100, .expired),
      ("exp", 0, -100, nil), ("nbf", 30, 0, nil), ("nbf", 31, 0, .notYetValid),
      ("iat", 30, 30, nil), ("iat", 31, 31, .notYetValid),
    ]
    for (claim, offset, issued, refusal) in rows {
      let token = try forge.claim("iat", start + issued).claim("nbf", start + min(issued, 0))
        .claim("exp", start + issued + 600).claim(claim, start + offset).signed()
      #expect(try makeVerifier().refusal(of: token) == refusal, "\(claim) \(offset)")
    }
  }

  @Test("What is not three parts of unpadded canonical base64url is malformed")
  func structure() throws {
    let verifier = try makeVerifier()
    let token = try forge.signed()
    let parts = token.split(separator: ".").map(String.init)
    let rows: [String] = [
      "", ".", "..", "...", "a", "\(parts[0]).\(parts[1])", "\(token).x", "\(token)..",
      "\(token).\(parts[1]).\(parts[2])", " \(token)", "\(token) ", "\(token)=", "\(token)\n",
      "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1])==.\(parts[2])",
      "\(parts[0])\n.\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1]) .\(parts[2])",
      "é.\(parts[1]).\(parts[2])", "\(parts[0])+.\(parts[1]).\(parts[2])",
    ]
    for row in rows {
      guard case .malformed = verifier.refusal(of: row) else {
        Issue.record("\(row.debugDescription): \(String(describing: verifier.refusal(of: row)))")
        continue
      }
    }
    // The last character of a 64-byte signature has four unused bits: other spellings are refused.
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    for character in alphabet where character != token.last {
      #expect(verifier.refusal(of: String(token.dropLast()) + String(character)) != nil)
    }
  }

  @Test("JSON with repeated names, trailing bytes, bad UTF-8 or deep nesting is malformed")
  func json() throws {
    let verifier = try makeVerifier()
    let header = try TokenForge.part(forge.header)
    let now = time.now
    let sound = """
      "iss":"farebox","aud":"farebox.accounting","sub":"usr_1","name":"a","roles":["USER"],\
      "iat":\(now),"nbf":\(now),"exp":\(now + 60),"jti":"t"
      """
    let whole = try TokenForge.sign(header, TokenForge.part(json: "{\(sound)}"))
    #expect(verifier.refusal(of: whole) == nil)
    let deep = String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)
    for json in [
      "{\(sound),\"sub\":\"usr_2\"}", "{\(sound),\"\\u0073ub\":\"usr_2\"}", "{\(sound)}x",
      "{\(sound)}{}", "[{\(sound)}]", "{\(sound),}", "{\(sound),\"x\":\(deep)}", "null", "",
      "{\(sound),\"x\":01}", "{\(sound),\"x\":1.}", "{\(sound),\"x\":99999999999999999999}",
      "{\(sound),\"x\":\"\u{1}\"}", "{\(sound),\"x\":\"\\ud800\"}", "{\(sound),\"x\":tru}",
      "{\(sound)", "{'iss':'farebox'}",
    ] {
      let token = try TokenForge.sign(header, TokenForge.part(json: json))
      #expect(verifier.refusal(of: token) == .malformed("claims"), "\(json.prefix(300))")
    }
    let badUTF8 = Base64URL.encode(Array("{\(sound),\"x\":\"".utf8) + [0xFF] + Array("\"}".utf8))
    #expect(verifier.refusal(of: try TokenForge.sign(header, badUTF8)) == .malformed("claims"))
  }

  @Test("Changed bytes, an empty or foreign signature and a 9 KiB token are refused")
  func tampering() throws {
    let verifier = try makeVerifier()
    let header = try TokenForge.part(forge.header)
    let claims = try TokenForge.part(forge.claims)
    let token = try TokenForge.sign(header, claims)
    let signature = token.split(separator: ".")[2]
    let raised = try TokenForge.part(forge.claim("roles", ["ADMIN"]).claims)
    #expect(verifier.refusal(of: "\(header).\(raised).\(signature)") == .badSignature)
    #expect(verifier.refusal(of: "\(header).\(claims).") == .badSignature)
    let zeros = Base64URL.encode([UInt8](repeating: 0, count: 64))
    #expect(verifier.refusal(of: "\(header).\(claims).\(zeros)") == .badSignature)
    let ones = Base64URL.encode([UInt8](repeating: 0xFF, count: 64))
    #expect(verifier.refusal(of: "\(header).\(claims).\(ones)") == .badSignature)
    let other = try TokenForge.sign(header, claims, with: P256.Signing.PrivateKey())
    #expect(verifier.refusal(of: other) == .badSignature)
    let der = try TokenForge.key.signature(for: Data("\(header).\(claims)".utf8)).derRepresentation
    #expect(
      verifier.refusal(of: "\(header).\(claims).\(Base64URL.encode(der))") == .badSignature)
    let long = try forge.claim("pad", String(repeating: "x", count: 9 * 1024)).signed()
    #expect(verifier.refusal(of: long) == .tooLong)
  }

  @Test("Random changes of a token are refused and never trap")
  func randomChanges() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var state = seed
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let verifier = try makeVerifier()
    let token = Array(try forge.signed().utf8)
    for _ in 0..<2000 {
      var changed = token
      for _ in 0...random(3) {
        switch random(3) {
        case 0: changed[random(changed.count)] = UInt8(random(256))
        case 1: changed.remove(at: random(changed.count))
        default: changed.insert(UInt8(random(256)), at: random(changed.count))
        }
      }
      guard changed != token else { continue }
      #expect(throws: TokenError.self) { try verifier.verifyWithKnownKeys(changed) }
    }
  }
}
