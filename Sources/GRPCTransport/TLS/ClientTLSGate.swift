import NIOCore
import NIOSSL
import NIOTLS

/// Stands between TLS and the connection: checks that HTTP/2 was agreed on, and puts failures into
/// words.
final class ClientTLSGate: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let serverName: String
  private let checksName: Bool
  private var isOpen = false

  /// - Parameter checksName: whether the certificate must bear `serverName` as a DNS name.
  init(serverName: String, checksName: Bool) {
    self.serverName = serverName
    self.checksName = checksName
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted(let agreed)? = event as? TLSUserEvent {
      if let problem = problem(context, agreed) {
        context.fireErrorCaught(TLSFailure(problem))
      } else {
        isOpen = true
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func problem(_ context: ChannelHandlerContext, _ agreed: String?) -> String? {
    if checksName {
      guard let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate(),
        CertificateName.isFor(serverName, certificate)
      else { return TLSFailure.wrongName(serverName) }
    }
    return agreed == "h2" ? nil : "the server speaks TLS but does not agree on HTTP/2 (ALPN h2)"
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isOpen { context.fireChannelRead(data) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let failure = TLSFailure(error, on: .client, expecting: serverName) else { return }
    context.fireErrorCaught(failure)
  }
}
