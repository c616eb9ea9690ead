import GRPC
import GRPCTransport
import Logging

/// Serves a router on a loopback port for the duration of `body`.
@discardableResult
func withServer<Result: Sendable>(
  _ router: RPCRouter, _ body: (GRPCClient) async throws -> Result
) async throws -> Result {
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  let server = GRPCServer(
    address: .tcp(host: "127.0.0.1", port: 0), router: router, logger: logger)
  guard case .tcp(let host, let port) = try await server.start() else {
    preconditionFailure("a TCP listener has a port")
  }
  let transport = HTTP2ClientTransport(target: .tcp(host: host, port: port), logger: logger)
  do {
    let result = try await body(GRPCClient(transport: transport))
    await transport.shutdown()
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
    return result
  } catch {
    await transport.shutdown()
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
    throw error
  }
}
