import GRPCTransport
import NIOCore
import NIOPosix

/// A client of HTTP/2 that writes and never reads from its socket.
final class DeafClient: Sendable {
  private let channel: any Channel

  init(_ address: ServerAddress) async throws {
    guard case .tcp(let host, let port) = address else {
      throw ChannelError.connectPending
    }
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: false)
      .connect(host: host, port: port).get()
    write(RawFrame.opening)
  }

  func write(_ bytes: [UInt8]) {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  func close() async {
    try? await channel.close()
  }
}
