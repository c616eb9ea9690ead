import NIOCore
import NIOPosix
import NIOSSL

/// Peers that speak bytes instead of gRPC.
enum RawTLSClient {
  /// Talks first, as soon as somebody connects.
  final class Greeter: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let greeting: [UInt8]

    init(_ greeting: [UInt8]) { self.greeting = greeting }

    func channelActive(context: ChannelHandlerContext) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: greeting)), promise: nil)
    }
  }

  /// Sends bytes, in TLS if asked for, and returns what came back before the server closed.
  static func conversation(
    _ bytes: [UInt8], port: Int, tls: NIOSSLContext?
  ) async throws -> String {
    let answer = try await RawConversation.bytes(
      with: .tcp(host: "127.0.0.1", port: port), sending: bytes, tls: tls)
    return String(decoding: answer, as: UTF8.self)
  }

  /// A listener that speaks TLS and knows no ALPN.
  static func serverWithoutALPN() async throws -> any Channel {
    let configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(TestPEM.server.utf8)).map {
        .certificate($0)
      },
      privateKey: .privateKey(
        try NIOSSLPrivateKey(bytes: Array(TestPEM.serverKey.utf8), format: .pem)))
    let context = try NIOSSLContext(configuration: configuration)
    return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }
}
