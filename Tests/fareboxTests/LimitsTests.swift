import Foundation
import GRPCTransport
import Ledger
import Testing

@testable import farebox

@Suite struct LimitsTests {
  private func load(
    flags: [String: String] = [:], environment: [String: String] = [:], json: String? = nil
  ) async throws -> Limits {
    var file: URL?
    if let json {
      file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
      try Data(#"{"farebox": {"limits": \#(json)}}"#.utf8).write(to: file!)
    }
    defer { file.map { try? FileManager.default.removeItem(at: $0) } }
    return try await Settings.load(
      flags: flags, file: file?.path(), environment: environment, cores: 1
    ).limits
  }

  private func refusal(_ flags: [String: String]) async -> String {
    do {
      _ = try await load(flags: flags)
      return ""
    } catch { return "\(error)" }
  }

  @Test("without a word the figures are the documented ones, and each can be chosen")
  func defaults() async throws {
    let limits = try await load()
    var figures = ServerLimits()
    // The library lets as many run as come.
    figures.maxUnaryHandlersPerLoop = 1024
    #expect(limits.server == figures)
    #expect(limits.messageBytes == 65_536 && limits.largeMessageBytes == 1_048_576)
    for setting in LimitSetting.all {
      let figure = setting.read(limits)
      #expect(figure.map(setting.range.contains) ?? setting.isOptional, "\(setting.key)")
    }
  }

  @Test("each key sets its own figure and no other, up to both ends of its range")
  func ownFigure() throws {
    for setting in LimitSetting.all {
      for figure in [setting.range.lowerBound, setting.range.upperBound] {
        var limits = Limits()
        try setting.set(String(figure), in: &limits)
        #expect(setting.read(limits) == figure, "\(setting.key)")
        for other in LimitSetting.all where other.key != setting.key {
          #expect(other.read(limits) == other.read(Limits()), "\(setting.key) moves \(other.key)")
        }
      }
      var limits = Limits()
      for text in [
        "\(setting.range.lowerBound - 2)", "\(setting.range.upperBound + 1)", "many", "", "1.5",
        "99999999999999999999", "0x10",
      ] {
        #expect(throws: StartupError.self, "\(setting.key) = \(text)") {
          try setting.set(text, in: &limits)
        }
      }
      if setting.isOptional {
        try setting.set("0", in: &limits)
        #expect(setting.read(limits) == nil, "\(setting.key)")
      }
    }
  }

  @Test("flags, variables and the file set them, numbers in the file too")
  func sources() async throws {
    let limits = try await load(
      flags: ["limits.connections.total": "7000"],
      environment: [
        "FAREBOX_LIMITS_CONNECTIONS_TOTAL": "8000", "FAREBOX_LIMITS_TIMEOUT_PREFACE_MS": "900",
      ],
      json: """
        {"connections": {"total": 9000, "per": {"address": 50}}, "ledger": {"accounts": "3"},
         "connection": {"idle": {"ms": 0}}}
        """)
    #expect(limits.server.maxConnections == 7000)
    #expect(limits.server.prefaceTimeout == .milliseconds(900))
    #expect(limits.server.maxConnectionsPerAddress == 50)
    #expect(limits.server.maxConnectionIdle == nil)
    #expect(limits.ledger.accountsInMemoryMax == 3)
  }

  @Test("what cannot be used is refused by its name")
  func refusals() async throws {
    #expect(
      await refusal(["limits.message.bytes": "1023"])
        == "limits.message.bytes: \"1023\" is not 1024 to 1073741824")
    #expect(
      await refusal(["limits.stall.window.ms": "-1"])
        == "limits.stall.window.ms: \"-1\" is not 1 to 604800000, or 0 for none")
    #expect(await refusal(["limits.conections.total": "5"]).hasPrefix("limits.conections.total"))
    #expect(
      await refusal(["limits.connections.per.address": "10001"])
        == "limits.connections.per.address: 10001 is more than limits.connections.total, 10000")
    #expect(
      await refusal(["limits.header.list.bytes": "1024"]).hasPrefix("limits.header.field.bytes"))
    await #expect(throws: StartupError.self) {
      try await load(environment: ["FAREBOX_LIMITS_STREAMS": "5"])
    }
  }

  @Test("keys can be nested in a file, variables are distinct, and the README has them all")
  func keys() throws {
    let keys = LimitSetting.all.map(\.key)
    for key in keys {
      #expect(!keys.contains { $0.hasPrefix(key + ".") }, "\(key) cannot be a figure and a group")
    }
    #expect(Set(LimitSetting.all.map(\.variable)).count == keys.count)
    var top = URL(filePath: #filePath)
    for _ in 0..<3 { top.deleteLastPathComponent() }
    let readme = try String(contentsOf: top.appending(path: "README.md"), encoding: .utf8)
    for setting in LimitSetting.all {
      let figure = setting.read(Limits()).map(String.init) ?? "none"
      #expect(
        readme.contains("| `\(setting.key)` | \(figure) |"), "the README and \(setting.key) differ")
    }
  }

  @Test("--limit is KEY=FIGURE, and each key once")
  func flags() throws {
    let options = try LimitOptions.parse(["--limit", "a.b=1", "--limit", "c=2=3"])
    #expect(try options.flags == ["limits.a.b": "1", "limits.c": "2=3"])
    for bad in [["--limit", "a"], ["--limit", "a=1", "--limit", "a=2"], ["--limit", "=1"]] {
      #expect(throws: StartupError.self) { try LimitOptions.parse(bad).flags }
    }
  }

  @Test("the list has a line for each, with the figure in force")
  func list() throws {
    var limits = Limits()
    limits.server.maxConnections = 77
    let lines = LimitsCommand.text(of: limits).split(separator: "\n")
    #expect(lines.count == LimitSetting.all.count)
    #expect(lines.contains { $0.hasPrefix("connections.total ") && $0.contains(" 77 ") })
    #expect(lines.contains { $0.hasPrefix("connection.grace.ms ") && $0.contains(" none ") })
  }
}
