import GRPC
import GRPCTransport
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A server with methods of each shape, by default on a port of its own, and a client for it.
final class ServerUnderTest: Sendable {
  let server: GRPCServer
  let address: ServerAddress
  let client: GRPCClient
  let transport: any LeavingTransport
  /// Errors that clients did not see.
  let reported: Reported
  /// The limits that clients ran into.
  let breaches: Reported

  final class Reported: Sendable {
    private let errors = Mutex<[String]>([])
    func append(_ text: String) { errors.withLock { $0.append(text) } }
    var all: [String] { errors.withLock { $0 } }
  }

  init(
    over road: Road = .loopback,
    interceptors: [any ServerInterceptor] = [],
    limits: ServerLimits = .unhurried,
    compression: CompressionPolicy = CompressionPolicy(),
    logger: Logger = Logger(label: "test"),
    loops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    register: (inout RPCRouter) -> Void
  ) async throws {
    var router = RPCRouter()
    register(&router)
    let reported = Reported()
    let breaches = Reported()
    var configuration = GRPCServer.Configuration()
    configuration.limits = limits
    configuration.compression = compression
    configuration.onUnknownError = { error, method in
      reported.append("\(method.fullyQualifiedMethod): \(error)")
    }
    configuration.onLimitBreach = { breaches.append($0.rawValue) }
    self.reported = reported
    self.breaches = breaches
    let files = road == .tls ? try CertificateFolder() : nil
    configuration.tls = try files?.server()
    if let listenAddress = road.listenAddress {
      server = GRPCServer(
        address: listenAddress, router: router, interceptors: interceptors,
        configuration: configuration, logger: logger, eventLoopGroup: loops)
      address = try await server.start()
      let target: HTTP2ClientTransport.Target
      switch address {
      case .tcp(let host, let port): target = .tcp(host: host, port: port)
      case .unix(let path): target = .unix(path: path)
      }
      transport = HTTP2ClientTransport(
        target: target, configuration: .init(tls: try files?.client()), logger: logger)
    } else {
      let joined = try InProcessTransport(
        router: router, interceptors: interceptors, configuration: configuration, logger: logger)
      server = joined.server
      address = .unix(path: "in-process")
      transport = joined
    }
    client = GRPCClient(transport: transport)
  }

  func stop() async {
    await transport.shutdown()
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
  }
}

extension ServerLimits {
  /// The defaults, with time for a handshake on a busy machine.
  static var unhurried: ServerLimits {
    var limits = ServerLimits()
    limits.prefaceTimeout = .seconds(60)
    return limits
  }
}

extension RPCRouter {
  typealias Bytes = [UInt8]

  mutating func unary(
    _ name: String, _ handler: @escaping @Sendable (Bytes, ServerContext) async throws -> Bytes
  ) {
    registerUnary(
      GRPCClient.method(name, .unary), deserializer: RawBytes(), serializer: RawBytes(),
      handler: handler)
  }

  mutating func serverStreaming(
    _ name: String,
    _ handler: @escaping @Sendable (Bytes, RPCWriter<Bytes>, ServerContext) async throws -> Void
  ) {
    registerServerStreaming(
      GRPCClient.method(name, .serverStreaming), deserializer: RawBytes(),
      serializer: RawBytes(), handler: handler)
  }

  mutating func clientStreaming(
    _ name: String,
    _ handler: @escaping @Sendable (RPCAsyncSequence<Bytes>, ServerContext) async throws -> Bytes
  ) {
    registerClientStreaming(
      GRPCClient.method(name, .clientStreaming), deserializer: RawBytes(),
      serializer: RawBytes(), handler: handler)
  }

  mutating func bidirectional(
    _ name: String,
    _ handler: @escaping @Sendable (
      RPCAsyncSequence<Bytes>, RPCWriter<Bytes>, ServerContext
    ) async throws -> Void
  ) {
    registerBidirectional(
      GRPCClient.method(name, .bidirectionalStreaming), deserializer: RawBytes(),
      serializer: RawBytes(), handler: handler)
  }
}

/// Something one task waits for and another one opens.
final class Gate: Sendable {
  private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>(
    (false, []))

  func open() {
    let waiters = state.withLock { state in
      state.isOpen = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiters.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }
}
