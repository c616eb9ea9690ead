import ArgumentParser
import GRPC
import GRPCServices
import GRPCTransport

/// `grpc-interop server`: serves the interop tests until SIGTERM or SIGINT.
struct ServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server",
    abstract: "Serves grpc.testing.TestService in plaintext, with health and reflection.")

  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "The port to listen on; 0 lets the system choose one, which is printed.")
  var port: Int

  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port is 0 to 65535") }
  }

  func run() async throws {
    let health = HealthStatus()
    let stop = StopSignal()
    let server = GRPCServer(address: .tcp(host: host, port: port), router: Self.router(health))
    let address = try await server.start()
    health.set(.serving, forService: HealthStatus.wholeServer)
    health.set(
      .serving, forService: Grpc_Testing_TestService.descriptor.fullyQualifiedService)
    Console().print("listening on \(address)")
    await stop.wait()
    health.setAllNotServing()
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
  }

  /// The interop service, with health and reflection beside it.
  static func router(_ health: HealthStatus) -> RPCRouter {
    var router = RPCRouter()
    TestService().registerMethods(with: &router)
    HealthService(status: health).registerMethods(with: &router)
    // Last: reflection answers from what was registered before it.
    ReflectionService.register(with: &router)
    return router
  }
}
