import GRPCTransport
import NIOCore
import NIOPosix
import NIOSSL

/// Bytes to a server, and all that comes back until it closes.
enum RawConversation {
  private final class Collecting: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var collected: [UInt8] = []
    private let done: EventLoopPromise<[UInt8]>

    init(_ done: EventLoopPromise<[UInt8]>) { self.done = done }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      collected.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed(collected) }
  }

  /// In TLS if asked for.
  static func bytes(
    with address: ServerAddress, sending bytes: [UInt8], tls: NIOSSLContext? = nil
  ) async throws -> [UInt8] {
    guard case .tcp(let host, let port) = address else { return [] }
    let group = MultiThreadedEventLoopGroup.singleton
    let done = group.next().makePromise(of: [UInt8].self)
    let connecting = ClientBootstrap(group: group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls {
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
          }
          try pipeline.addHandler(Collecting(done))
        }
      }
      .connect(host: host, port: port)
    connecting.whenFailure { done.fail($0) }
    let channel = try await connecting.get()
    // Whether the bytes still arrive is not the point: a busy machine may be slower than the timer.
    if !bytes.isEmpty { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
    return try await done.futureResult.get()
  }
}
