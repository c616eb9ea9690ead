import GRPC
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import GRPCTransport

@Suite("One side speaks TLS, the other one does not", .timeLimit(.minutes(10)), .fewAtOnce)
struct EncryptionMismatchTests {
  private let files: CertificateFolder

  init() throws { files = try CertificateFolder() }

  @Test("our plaintext client at our TLS server: both say so")
  func plaintextToTLS() async throws {
    let server = try await TLSServer(files.server())
    let error = try #require(await server.failure(nil))
    #expect(error.code == .unavailable)
    #expect(error.message.contains("the server refuses plaintext: this port expects TLS"))
    #expect(EncryptionMismatch(in: error) == .serverExpectsTLS)
    #expect(await server.logs("the client speaks HTTP/2 in plaintext, this port expects TLS"))
    await server.stop()
  }

  @Test("our TLS client at our plaintext server: both say so")
  func tlsToPlaintext() async throws {
    let server = try await TLSServer(nil)
    let error = try #require(await server.failure(try files.client()))
    #expect(error.code == .unavailable)
    #expect(error.message.contains("does it expect plaintext?"), "\(error)")
    #expect(EncryptionMismatch(in: error) == .serverExpectsPlaintext)
    #expect(await server.logs("the client speaks TLS, this port is plaintext"))
    await server.stop()
  }

  @Test("refused clients are logged for operators, but not more than a few at once")
  func logged() async throws {
    let server = try await TLSServer(nil)
    for _ in 0..<30 {
      _ = try await RawTLSClient.conversation(
        Array("SSH-2.0-x\r\n".utf8), port: server.port, tls: nil)
    }
    #expect(await server.logs("info: refusing a client"))
    // Ten in a burst, and one in 5 s, for as long as a busy machine may take.
    #expect((10...20).contains(server.logCount("info: refusing a client")))
    await server.stop()
  }

  @Test("a TLS client tells from the first bytes what a plaintext server speaks", arguments: [
    ([0, 0, 0, 4, 0, 0, 0, 0, 0], "HTTP/2 in plaintext"),
    (Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), "HTTP/1.1 in plaintext"),
    (Array("SSH-2.0-x\r\n".utf8), "answered with plaintext"),
    ([0], "answered with plaintext"),
  ] as [([UInt8], String)])
  func foreignPlaintext(greeting: [UInt8], words: String) throws {
    let problem = try #require(greeting.withUnsafeBytes { FirstBytes.problemUnderTLS($0) })
    #expect(problem.contains(words) && problem.contains("does not speak TLS on this port"))
    let error = RPCError(code: .unavailable, message: problem)
    #expect(EncryptionMismatch(in: error) == .serverExpectsPlaintext)
  }

  @Test("a TLS client says so when a server talks first in plaintext")
  func talkative() async throws {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.pipeline.addHandler(RawTLSClient.Greeter([0, 0, 0, 4, 0, 0, 0, 0, 0]))
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    let transport = HTTP2ClientTransport(
      target: .tcp(host: "127.0.0.1", port: port),
      configuration: .init(tls: try files.client()), logger: .init(label: "test"))
    let error = await failure {
      _ = try await GRPCClient(transport: transport).call()
    }
    #expect(error?.message.contains("the server answered with HTTP/2 in plaintext") == true)
    await transport.shutdown()
    try await listener.close()
  }

  @Test("a plaintext client understands refusals of other servers, no other HTTP/1", arguments: [
    ("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", true),
    ("HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port", true),
    ("HTTP/1.1 400 Bad Request\r\n\r\n", false),
    ("HTTP/1.1 200 OK\r\n\r\nall about TLS", false),
    ("HTTP/1.", false),
  ])
  func foreignRefusal(answer: String, demandsTLS: Bool) throws {
    let problem = try #require(Array(answer.utf8).withUnsafeBytes { FirstBytes.problem($0) })
    let mismatch = EncryptionMismatch(in: RPCError(code: .unavailable, message: problem))
    #expect(mismatch == (demandsTLS ? .serverExpectsTLS : nil))
  }

  @Test("records of TLS are not taken for plaintext",
    arguments: [0x14, 0x15, 0x16, 0x17] as [UInt8])
  func records(type: UInt8) {
    let bytes: [UInt8] = [type, 3, 3, 0, 2, 2, 40]
    #expect(bytes.withUnsafeBytes { FirstBytes.problemUnderTLS($0) } == nil)
    #expect(
      bytes.withUnsafeBytes { FirstBytes.problem($0) }
        == "the server answered with TLS: it does not accept plaintext on this port")
  }

  @Test("no other failure is taken for a mismatch", arguments: [
    RPCError(code: .unavailable, message: "the connection to the server was lost"),
    RPCError(code: .unauthenticated, message: "it does not speak TLS on this port"),
  ])
  func others(error: RPCError) {
    #expect(EncryptionMismatch(in: error) == nil)
  }

  @Test("HTTP/1 in plaintext is told that the port speaks TLS")
  func http1() async throws {
    let server = try await TLSServer(files.server())
    let answer = try await RawTLSClient.conversation(
      Array("GET / HTTP/1.1\r\n\r\n".utf8), port: server.port, tls: nil)
    #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.hasSuffix("gRPC: HTTP/2 over TLS\n"))
    let noise = try await RawTLSClient.conversation(
      Array("SSH-2.0-x\r\n".utf8), port: server.port, tls: nil)
    #expect(noise == "")
    await server.stop()
  }

  @Test("a client that does not offer HTTP/2 by ALPN is told so", arguments: [[], ["http/1.1"]])
  func noALPN(offered: [String]) async throws {
    let server = try await TLSServer(files.server())
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    configuration.applicationProtocols = offered
    let answer = try await RawTLSClient.conversation(
      Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), port: server.port,
      tls: try NIOSSLContext(configuration: configuration))
    #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("to be offered by ALPN as h2"))
    #expect(await server.logs("the client did not ask for HTTP/2 (ALPN h2)"))
    await server.stop()
  }

  @Test("TLS older than 1.2 is refused")
  func oldVersion() async throws {
    let server = try await TLSServer(files.server())
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    configuration.minimumTLSVersion = .tlsv1
    configuration.maximumTLSVersion = .tlsv11
    configuration.applicationProtocols = ["h2"]
    let answer = try await RawTLSClient.conversation(
      [1], port: server.port, tls: try NIOSSLContext(configuration: configuration))
    #expect(answer == "")
    #expect(await server.logs("the client does not speak TLS 1.2 or newer"))
    await server.stop()
  }

  @Test("a server without HTTP/2 in ALPN is refused")
  func serverWithoutALPN() async throws {
    let server = try await RawTLSClient.serverWithoutALPN()
    let port = try #require(server.localAddress?.port)
    let transport = HTTP2ClientTransport(
      target: .tcp(host: "127.0.0.1", port: port),
      configuration: .init(tls: try files.client()), logger: .init(label: "test"))
    let error = await failure {
      _ = try await GRPCClient(transport: transport).call()
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("does not agree on HTTP/2 (ALPN h2)") == true)
    await transport.shutdown()
    try await server.close()
  }
}
