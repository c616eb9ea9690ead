import GRPC
import GRPCTransport
import Testing

@Suite("TLS", .timeLimit(.minutes(10)), .fewAtOnce)
struct TLSTests {
  private let files: CertificateFolder

  init() throws { files = try CertificateFolder() }

  @Test("carries unary calls of every size and streams, by name and by address",
    arguments: ["localhost", "127.0.0.1"])
  func calls(host: String) async throws {
    let server = try await TLSServer(files.server())
    try await server.with(files.client(), host: host) { client in
      for count in [0, 1, 16_379, 65_536, 1_000_000, 4_000_000] {
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        #expect(try await client.call("Echo", message) == message)
      }
      let stream = client.converse()
      var answers = stream.responses.makeAsyncIterator()
      for index in 0..<50 {
        let message = [UInt8](repeating: UInt8(index), count: 1 << (index % 17))
        try await stream.requests.write(message)
        #expect(try await answers.next() == message)
      }
      stream.requests.finish()
      #expect(try await answers.next() == nil)
    }
    await server.stop()
  }

  @Test("refuses a server from an unknown authority, unless anyone is trusted")
  func wrongAuthority() async throws {
    let server = try await TLSServer(files.server())
    let error = await server.failure(try files.client(trusting: "stranger"))
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("the server's certificate is not trusted") == true)
    #expect(await server.logs("the client does not trust our certificate"))
    #expect(await server.failure(try ClientTLS(trust: .systemRoots))?.code == .unavailable)
    #expect(await server.failure(try ClientTLS(trust: .anyone)) == nil)
    await server.stop()
  }

  @Test("refuses a server whose certificate bears another name, and takes the name it is told")
  func wrongName() async throws {
    let server = try await TLSServer(files.server())
    let error = await server.failure(try files.client(serverName: "elsewhere.test"))
    #expect(error?.code == .unavailable)
    #expect(
      error?.message.contains("the server's certificate is not for elsewhere.test") == true,
      "\(String(describing: error))")
    #expect(await server.failure(try files.client(serverName: "localhost")) == nil)
    await server.stop()
  }

  @Test("demands certificates of clients and tells handlers whose they are")
  func mutual() async throws {
    let server = try await TLSServer(files.server(demandsCertificates: true))
    let names = try await server.with(files.client(as: "client")) { try await $0.call("Names") }
    #expect(
      String(decoding: names, as: UTF8.self) == "client.test spiffe://farebox.test/client")

    #expect(await server.failure(try files.client())?.code == .unavailable)
    #expect(await server.logs("the client sent no certificate"))
    #expect(await server.failure(try files.client(as: "foreign"))?.code == .unavailable)
    #expect(await server.logs("the client's certificate is not trusted"))
    await server.stop()
  }

  @Test("takes a client's certificate for nothing where none is demanded")
  func unasked() async throws {
    let server = try await TLSServer(files.server())
    #expect(
      try await server.with(files.client(as: "foreign")) { try await $0.call("Names") } == [])
    await server.stop()
  }

  @Test("takes over renewed certificates without a restart, and keeps the old ones on failure")
  func reload() async throws {
    let tls = try files.server()
    let server = try await TLSServer(tls)
    try await server.with(files.client()) { old in
      #expect(try await old.call("Echo", [1]) == [1])

      try files.write(TestPEM.renewed, to: "server.pem")
      // The key still is the one of the old certificate.
      #expect(throws: TLSSetupError.self) { try tls.reload() }
      #expect(await server.failure(try files.client()) == nil)

      try files.write(TestPEM.renewedKey, to: "server.key")
      try tls.reload()
      #expect(await server.failure(try files.client())?.code == .unavailable)
      #expect(await server.failure(try files.client(serverName: "renewed.test")) == nil)
      #expect(try await old.call("Echo", [2]) == [2], "open connections go on")
    }
    await server.stop()
  }

  @Test("a client takes over renewed files for its next connections, and keeps the old on failure")
  func clientReload() async throws {
    let server = try await TLSServer(files.server(demandsCertificates: true))
    try files.write(TestPEM.foreign, to: "own.pem")
    try files.write(TestPEM.foreignKey, to: "own.key")
    let tls = try files.client(as: "own")
    #expect(await server.failure(tls)?.code == .unavailable)
    try files.write(TestPEM.client, to: "own.pem")
    #expect(throws: TLSSetupError.self) { try tls.reload() }
    #expect(await server.failure(tls)?.code == .unavailable)
    try files.write(TestPEM.clientKey, to: "own.key")
    try tls.reload()
    #expect(await server.failure(tls) == nil)
    await server.stop()
  }

  @Test("names the file or the value at fault before anything is connected")
  func setup() throws {
    func problem(_ body: () throws -> Void) -> String {
      do {
        try body()
        return ""
      } catch {
        return "\(error)"
      }
    }
    try files.write("nothing", to: "empty.pem")
    #expect(problem { _ = try files.client(trusting: "missing") }.contains(files["missing.pem"]))
    #expect(problem { _ = try files.client(trusting: "empty") }.contains(files["empty.pem"]))
    #expect(problem { _ = try files.client(as: "authority") }.contains(files["authority.key"]))
    #expect(
      problem { _ = try ClientTLS(certificateChainFile: files["client.pem"]) }
        .contains("go together"))
    for name in ["", "with space", "127.0.0.1", "a\u{0}b", "é.test"] {
      #expect(problem { _ = try ClientTLS(serverName: name) }.contains("no host name"))
    }
    try files.write(TestPEM.clientKey, to: "server.key")
    #expect(problem { _ = try files.server() }.contains("does the key fit the certificate?"))
  }
}
