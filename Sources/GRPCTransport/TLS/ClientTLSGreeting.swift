import NIOCore

/// Stands between the socket and TLS, and recognises servers that answer in plaintext.
final class ClientTLSGreeting: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private enum State { case listening, encrypted, refused }

  private var state = State.listening

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .listening = state {
      let problem = Self.unwrapInboundIn(data).withUnsafeReadableBytes {
        FirstBytes.problemUnderTLS($0)
      }
      if let problem {
        state = .refused
        context.fireErrorCaught(TLSFailure(problem))
      } else {
        state = .encrypted
      }
    }
    if case .encrypted = state { context.fireChannelRead(data) }
  }
}
