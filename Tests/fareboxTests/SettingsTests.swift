import Foundation
import Logging
import Testing

@testable import farebox

@Suite struct SettingsTests {
  private func load(
    flags: [String: String] = [:], file: String? = nil, environment: [String: String] = [:]
  ) async throws -> Settings {
    try await Settings.load(flags: flags, file: file, environment: environment, cores: 3)
  }

  @Test("without a word the services listen on the loopback, one port each")
  func defaults() async throws {
    let settings = try await load()
    #expect(settings.listen[.auth]?.description == "127.0.0.1:7001")
    #expect(settings.listen[.accounting]?.description == "127.0.0.1:7002")
    #expect(settings.listen[.chat]?.description == "127.0.0.1:7003")
    #expect(settings.dataDirectory == "./farebox-data" && settings.threads == 3)
    #expect(settings.remoteAccounting.description == "127.0.0.1:7002")
    #expect(settings.chatUsername == nil)
  }

  @Test("flags win over variables, and variables over the file")
  func precedence() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
    let text = #"{"farebox": {"log": {"level": "error"}, "listen": {"auth": "127.0.0.1:1", "#
      + #""chat": "127.0.0.1:2"}}}"#
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let settings = try await load(
      flags: ["log.level": "debug"], file: file.path(),
      environment: ["FAREBOX_LOG_LEVEL": "warning", "FAREBOX_LISTEN_AUTH": "127.0.0.1:3"])
    #expect(settings.logLevel == .debug)
    #expect(settings.listen[.auth]?.description == "127.0.0.1:3")
    #expect(settings.listen[.chat]?.description == "127.0.0.1:2")
  }

  @Test("accounting is reached where it listens, unless told otherwise")
  func remotes() async throws {
    let moved = try await load(flags: ["listen.accounting": "127.0.0.1:9"])
    #expect(moved.remoteAccounting.description == "127.0.0.1:9")
    let apart = try await load(flags: ["remote.accounting": "unix:/run/a.sock"])
    #expect(apart.remoteAccounting == .unix(path: "/run/a.sock"))
    let several = try await load(flags: ["remote.accounting": "one:7002,two:7002"])
    #expect(
      several.remoteAccounting
        == .list([.tcp(host: "one", port: 7002), .tcp(host: "two", port: 7002)]))
    #expect(apart.listen[.accounting]?.description == "127.0.0.1:7002")
  }

  @Test("a setting that cannot be used is named")
  func refused() async throws {
    let rows = [
      ("listen.chat", "7003"), ("listen.auth", "host:65536"), ("remote.auth", "unix:"),
      ("remote.accounting", "http://one:7002"),
      ("log.level", "loud"), ("threads", "0"), ("threads", "many"),
      ("drain.delay.ms", "-1"), ("drain.delay.ms", "600001"), ("drain.delay.ms", "soon"),
    ]
    for (key, value) in rows {
      do {
        _ = try await load(flags: [key: value])
        Issue.record("\(key) = \(value) was accepted")
      } catch let error as StartupError {
        #expect(error.description.hasPrefix(key), "\(error)")
      }
    }
  }
}

@Suite struct EndpointTests {
  @Test("an endpoint is HOST:PORT or unix:PATH")
  func forms() {
    let rows: [(String, Endpoint.Kind?)] = [
      ("127.0.0.1:7001", .tcp(host: "127.0.0.1", port: 7001)), ("a:0", .tcp(host: "a", port: 0)),
      ("[::1]:80", .tcp(host: "::1", port: 80)), ("unix:/x", .unix(path: "/x")),
      (":80", nil), ("a", nil), ("a:", nil), ("a:-1", nil), ("a:65536", nil), ("unix:", nil),
      ("", nil),
    ]
    for (text, kind) in rows { #expect(Endpoint(text)?.kind == kind, "\(text)") }
    #expect(Endpoint("[::1]:80")?.description == "[::1]:80")
  }
}
