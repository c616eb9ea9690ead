import ArgumentParser
import GRPC
import GRPCServices
import GRPCTransport

/// `grpc-interop server`: serves the interop tests until SIGTERM or SIGINT.
struct ServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server",
    abstract: "Serves grpc.testing.TestService, with health and reflection.")

  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "The port to listen on; 0 lets the system choose one, which is printed.")
  var port: Int

  @Flag(name: [.long, .customLong("use_tls")], help: "Speak TLS; needs --cert and --key.")
  var tls = false

  @Option(help: ArgumentHelp("The server's certificate (PEM).", valueName: "file"))
  var cert: String?

  @Option(help: ArgumentHelp("The key of the certificate (PEM).", valueName: "file"))
  var key: String?

  @Option(
    name: [.long, .customLong("max_concurrent_streams")],
    help: "Calls that a connection may have at once; 2 for the case mcs_cs.")
  var maxConcurrentStreams: UInt32 = 100

  @Option(help: "Connections that an address may have at once.")
  var maxConnectionsPerAddress = 200

  @Option(help: "Connections of no use that an address may make in a burst.")
  var fruitlessBurst = 100

  func validate() throws {
    guard maxConnectionsPerAddress > 0 else {
      throw ValidationError("--max-connections-per-address is 1 at least")
    }
    guard fruitlessBurst > 0 else {
      throw ValidationError("--fruitless-burst is 1 at least")
    }
    guard maxConcurrentStreams > 0 else {
      throw ValidationError("--max-concurrent-streams is 1 at least")
    }
    guard (0...65535).contains(port) else { throw ValidationError("--port is 0 to 65535") }
    guard tls == (cert != nil), tls == (key != nil) else {
      throw ValidationError("--tls, --cert and --key go together")
    }
  }

  func run() async throws {
    let health = HealthStatus()
    let stop = StopSignal()
    var configuration = try configuration()
    configuration.beforeDrain = { health.setAllNotServing() }
    let server = GRPCServer(
      address: .tcp(host: host, port: port), router: Self.router(health),
      configuration: configuration)
    let address = try await server.start()
    health.set(.serving, forService: HealthStatus.wholeServer)
    health.set(
      .serving, forService: Grpc_Testing_TestService.descriptor.fullyQualifiedService)
    Console().print("listening on \(address)")
    await stop.wait()
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
  }

  private func configuration() throws -> GRPCServer.Configuration {
    var configuration = GRPCServer.Configuration()
    configuration.limits.session.maxConcurrentStreams = maxConcurrentStreams
    configuration.limits.maxConnectionsPerAddress = maxConnectionsPerAddress
    configuration.limits.fruitlessBurst = fruitlessBurst
    if let cert, let key {
      configuration.tls = try ServerTLS(certificateChainFile: cert, privateKeyFile: key)
    }
    return configuration
  }

  /// The interop service, with health and reflection beside it.
  static func router(_ health: HealthStatus) -> RPCRouter {
    var router = RPCRouter()
    let load = LoadReports()
    TestService(load: load).registerMethods(with: &router)
    LoadReportService(load: load).registerMethods(with: &router)
    HealthService(status: health).registerMethods(with: &router)
    // Last: reflection answers from what was registered before it.
    ReflectionService.register(with: &router)
    return router
  }
}
