import GRPC
import NIOCore
import NIOSSL
import NIOTLS

/// Stands between TLS and the connection: lets only HTTP/2 through, notes who the client is, and
/// puts failures into words.
final class ServerTLSGate: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let connection: ServerConnection
  private let demandsCertificate: Bool
  private var isOpen = false

  init(_ connection: ServerConnection, demandsCertificate: Bool) {
    self.connection = connection
    self.demandsCertificate = demandsCertificate
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted(let agreed)? = event as? TLSUserEvent {
      handshakeCompleted(context, agreed)
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isOpen { context.fireChannelRead(data) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let failure = TLSFailure(error, on: .server) else { return }
    context.fireErrorCaught(failure)
  }

  private func handshakeCompleted(_ context: ChannelHandlerContext, _ agreed: String?) {
    guard agreed == "h2" else {
      let answer = ByteBuffer(string: ProtocolDetector.http1AnswerWithoutALPN)
      context.writeAndFlush(Self.wrapOutboundOut(answer), promise: nil)
      context.fireErrorCaught(TLSFailure("the client did not ask for HTTP/2 (ALPN h2)"))
      return
    }
    isOpen = true
    guard demandsCertificate,
      let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
    else { return }
    connection.peers = PeerNames(
      remote: connection.peers.remote, local: connection.peers.local,
      certificateNames: CertificateName.all(in: certificate))
  }
}
