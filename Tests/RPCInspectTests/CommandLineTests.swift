import RPCInspect
import Testing

@Suite struct CommandLineTests {
  @Test(
    "Long flags may have one dash; values and short flags stay as they are",
    arguments: [
      (["-plaintext", "a:1", "list"], ["--plaintext", "a:1", "list"]),
      (["--plaintext", "-max-time", "5"], ["--plaintext", "--max-time", "5"]),
      (["-max-time=5"], ["--max-time=5"]),
      (["-plaintext=true", "-v"], ["--plaintext", "-v"]),
      (["-plaintext=false", "-v"], ["-v"]),
      (["-plaintext=maybe"], ["--plaintext=maybe"]),
      (["-d", "-plaintext", "-H", "-unix"], ["-d", "-plaintext", "-H", "-unix"]),
      (["-authority", "-plaintext"], ["--authority", "-plaintext"]),
      (["-nonsense", "-x"], ["--nonsense", "-x"]),
      (["--", "-plaintext"], ["--", "-plaintext"]),
      (["-d", "{}", "--", "-plaintext"], ["-d", "{}", "--", "-plaintext"]),
    ])
  func spelling(input: [String], output: [String]) {
    #expect(FlagSpelling.normalized(input) == output)
  }

  @Test("The words say what to do and where")
  func instructions() throws {
    func read(_ words: String..., hasProtoset: Bool = false) throws -> Instruction {
      try Instruction(words: words, hasProtoset: hasProtoset)
    }
    #expect(try read("a:1", "list") == .list(address: "a:1", service: nil))
    #expect(try read("a:1", "list", "p.S") == .list(address: "a:1", service: "p.S"))
    #expect(try read("a:1", "describe", "p.M") == .describe(address: "a:1", symbol: "p.M"))
    #expect(try read("a:1", "p.S/M") == .call(address: "a:1", method: "p.S/M"))
    #expect(try read("a:1", "p.S.M") == .call(address: "a:1", method: "p.S.M"))
    #expect(try read("list", hasProtoset: true) == .list(address: nil, service: nil))
    #expect(
      try read("a:1", "describe", hasProtoset: true) == .describe(address: "a:1", symbol: nil))
  }

  @Test(
    "Words that make no sense are refused",
    arguments: [
      [], ["a:1"], ["list"], ["a:1", "lst"], ["a:1", "list", "p.S", "x"], ["a:1", "p.S/M", "{}"],
    ])
  func badInstructions(words: [String]) {
    #expect(throws: UsageError.self) { try Instruction(words: words, hasProtoset: false) }
  }

  @Test(
    "Addresses are hosts with ports or socket paths",
    arguments: [
      ("localhost:7001", .tcp(host: "localhost", port: 7001)),
      (":7001", .tcp(host: "localhost", port: 7001)),
      ("[::1]:7001", .tcp(host: "::1", port: 7001)),
      ("unix:/run/a.sock", .unix(path: "/run/a.sock")),
      ("unix:///run/a.sock", .unix(path: "/run/a.sock")),
    ] as [(String, Address)])
  func addresses(text: String, address: Address) throws {
    #expect(try Address(text) == address)
    #expect(try Address("/run/a.sock", isUnix: true) == .unix(path: "/run/a.sock"))
  }

  @Test(
    "Other addresses are refused",
    arguments: ["localhost", "a:", "a:0", "a:65536", "a:b", "http://a:1", "::1:7001", "unix:"])
  func badAddresses(text: String) {
    #expect(throws: UsageError.self) { try Address(text) }
  }
}
