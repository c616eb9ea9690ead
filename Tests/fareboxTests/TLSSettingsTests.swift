import Testing

@testable import farebox

@Suite struct TLSSettingsTests {
  private func settings(_ values: [String: String]) throws -> TLSSettings {
    try TLSSettings { values[$0] }
  }

  @Test("nothing set is plaintext")
  func none() throws {
    #expect(try settings([:]) == TLSSettings())
  }

  @Test("listeners need a certificate and its key, and clients' authorities are optional")
  func listeners() throws {
    var values = ["tls.certificate": "c", "tls.key": "k"]
    #expect(
      try settings(values).listeners
        == .init(certificate: "c", key: "k", clientAuthority: nil))
    values["tls.client.authority"] = "a"
    #expect(try settings(values).listeners?.clientAuthority == "a")
    #expect(try settings(values).remotes == nil)
  }

  @Test("calls to others need whom to believe, by file or the system's authorities")
  func remotes() throws {
    #expect(
      try settings(["remote.tls.authority": "a"]).remotes
        == .init(authority: "a", certificate: nil, key: nil, name: nil))
    let all = [
      "remote.tls.authority": "system", "remote.tls.certificate": "c", "remote.tls.key": "k",
      "remote.tls.name": "n",
    ]
    #expect(
      try settings(all).remotes == .init(authority: nil, certificate: "c", key: "k", name: "n"))
  }

  @Test("what lacks its companion is refused by name", arguments: [
    (["tls.certificate"], "tls.key"), (["tls.key"], "tls.certificate"),
    (["tls.client.authority"], "tls.client.authority"),
    (["remote.tls.certificate"], "remote.tls.key"),
    (["remote.tls.key"], "remote.tls.certificate"),
    (["remote.tls.certificate", "remote.tls.key"], "remote.tls.authority"),
    (["remote.tls.name"], "remote.tls.authority"),
  ])
  func incomplete(keys: [String], named: String) {
    let values = Dictionary(uniqueKeysWithValues: keys.map { ($0, "x") })
    let error = #expect(throws: StartupError.self) { try settings(values) }
    #expect(error?.description.hasPrefix(named + ":") == true)
  }

  @Test("a file that cannot be read stops the start by its name")
  func missingFile() throws {
    let missing = try settings(["tls.certificate": "/nowhere/c.pem", "tls.key": "/nowhere/k"])
    let error = #expect(throws: StartupError.self) { try Certificates(missing) }
    #expect(error?.description.contains("/nowhere/c.pem") == true)
    #expect(try Certificates(TLSSettings()).isEmpty)
  }
}
