import GRPC
import HTTP2
import Logging
import NIOCore
import NIOPosix

/// Carries calls to a router in the same process, without sockets: for the tests of services.
///
///     let client = GRPCClient(transport: try InProcessTransport(router: router))
///
/// Server and client are those of the network, HTTP/2 sessions and flow control included, joined in
/// memory on one event loop. So deadlines, cancellation, metadata, status details, limits and back
/// pressure are what they are over a socket. Only TLS is left out; calls name their peer
/// `in-process`.
public final class InProcessTransport: ClientTransport {
  /// The server's side, running: drain it to see what clients make of that.
  public let server: GRPCServer
  private let transport: HTTP2ClientTransport

  /// Joins a client to a server of its own.
  ///
  /// Interceptors are the server's, the first one outermost. Throws `HTTP2Error.missingSymbol` on
  /// an unpatched libnghttp2.
  public init(
    router: RPCRouter,
    interceptors: [any ServerInterceptor] = [],
    configuration: GRPCServer.Configuration = GRPCServer.Configuration(),
    clientConfiguration: HTTP2ClientTransport.Configuration = .defaults,
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "grpc.in-process")
  ) throws {
    var configuration = configuration
    configuration.tls = nil
    let server = GRPCServer(
      address: .unix(path: PeerNames.inProcess), router: router, interceptors: interceptors,
      configuration: configuration, logger: logger, eventLoopGroup: eventLoopGroup)
    try server.startWithoutListener()
    var clientConfiguration = clientConfiguration
    clientConfiguration.tls = nil
    clientConfiguration.authority = clientConfiguration.authority ?? "localhost"
    clientConfiguration.connector = { loop, initialize in
      // Never at once: neither does a socket.
      loop.flatSubmit {
        let (near, far) = MemoryChannel.pair(on: loop)
        do {
          try server.accept(joined: far)
        } catch {
          return loop.makeFailedFuture(error)
        }
        return initialize(near).map {
          far.activate()
          near.activate()
          return near
        }
      }
    }
    self.server = server
    transport = HTTP2ClientTransport(
      target: .unix(path: PeerNames.inProcess), configuration: clientConfiguration,
      eventLoopGroup: eventLoopGroup, logger: logger)
  }

  /// Makes a call with one request and one response.
  public func unary(
    _ head: ClientRequestHead, framedMessage: [UInt8]
  ) async throws(RPCError) -> ClientReply {
    try await transport.unary(head, framedMessage: framedMessage)
  }

  /// Starts a call of any other shape.
  public func openStream(_ head: ClientRequestHead, onlyMessage: [UInt8]?) -> any ClientStream {
    transport.openStream(head, onlyMessage: onlyMessage)
  }

  /// Fails all calls with UNAVAILABLE and waits until both sides have ended.
  public func shutdown() async {
    await transport.shutdown()
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
  }
}

extension PeerNames {
  /// What both sides of a connection in memory are called.
  static let inProcess = "in-process"

  /// The names of a channel's ends, as gRPC writes addresses.
  convenience init(of channel: any Channel) {
    if channel is MemoryChannel {
      self.init(remote: Self.inProcess, local: Self.inProcess)
    } else {
      self.init(
        remote: ServerAddress.peerName(channel.remoteAddress),
        local: ServerAddress.peerName(channel.localAddress))
    }
  }
}
