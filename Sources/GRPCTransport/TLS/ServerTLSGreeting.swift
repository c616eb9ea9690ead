import NIOCore

/// Stands between the socket and TLS, and answers clients that begin in plaintext in plaintext:
/// BoringSSL would only send an alert.
///
/// HTTP/2 clients get an HTTP/1.1 answer as well, as nginx and Go give it: they know it and fail at
/// once. After SETTINGS and a GOAWAY with the reason, gRPC C++ would try again until the deadline.
final class ServerTLSGreeting: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case listening(ByteBuffer)
    case encrypted
    case refused
  }

  private var state = State.listening(ByteBuffer())

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch state {
    case .encrypted:
      context.fireChannelRead(data)
    case .refused:
      break
    case .listening(var bytes):
      bytes.writeImmutableBuffer(Self.unwrapInboundIn(data))
      decide(bytes, context)
    }
  }

  private func decide(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    switch ProtocolDetector.judge(bytes.readableBytesView) {
    case .undecided:
      state = .listening(bytes)
    case .tls:
      state = .encrypted
      context.fireChannelRead(Self.wrapInboundOut(bytes))
    case .http2:
      refuse(context, "the client speaks HTTP/2 in plaintext", answers: true)
    case .http1:
      refuse(context, "the client speaks HTTP/1 in plaintext", answers: true)
    case .unknown:
      refuse(context, "the client speaks neither TLS nor HTTP", answers: false)
    }
  }

  private func refuse(_ context: ChannelHandlerContext, _ reason: String, answers: Bool) {
    state = .refused
    if answers {
      let answer = ByteBuffer(string: ProtocolDetector.http1AnswerOfTLS)
      context.writeAndFlush(Self.wrapOutboundOut(answer), promise: nil)
    }
    // The connection logs the reason and closes.
    context.fireErrorCaught(TLSFailure("\(reason), this port expects TLS"))
  }
}
