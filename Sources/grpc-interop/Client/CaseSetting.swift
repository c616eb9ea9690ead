import GRPC
import GRPCTransport
import Logging

/// What a case works with: a channel of its own, and the budgets of the soak cases.
struct CaseSetting: Sendable {
  let target: HTTP2ClientTransport.Target
  /// Whom to trust; nil = plaintext.
  let tls: ClientTLS?
  let soak: SoakBudget
  let client: GRPCClient
  private let transport: HTTP2ClientTransport

  /// Prepares a channel; nothing is sent yet.
  init(
    target: HTTP2ClientTransport.Target, tls: ClientTLS?, soak: SoakBudget, connectionsMax: Int = 1
  ) {
    self.target = target
    self.tls = tls
    self.soak = soak
    transport = Self.transport(to: target, tls, connectionsMax: connectionsMax)
    client = GRPCClient(transport: transport)
  }

  /// The stub of the service under test.
  var service: Grpc_Testing_TestService.Client {
    Grpc_Testing_TestService.Client(wrapping: client)
  }

  /// Says goodbye to the server.
  func close() async { await transport.shutdown() }

  /// Runs `body` with a channel that nothing else uses, of at most so many connections.
  func withNewChannel(
    connectionsMax: Int = 1, _ body: (Grpc_Testing_TestService.Client) async throws -> Void
  ) async throws {
    let channel = CaseSetting(
      target: target, tls: tls, soak: soak, connectionsMax: connectionsMax)
    do {
      try await body(channel.service)
    } catch {
      await channel.close()
      throw error
    }
    await channel.close()
  }

  private static func transport(
    to target: HTTP2ClientTransport.Target, _ tls: ClientTLS?, connectionsMax: Int
  ) -> HTTP2ClientTransport {
    // What goes wrong is thrown by the call; the log would say it twice.
    let logger = Logger(label: "grpc-interop") { _ in SwiftLogNoOpLogHandler() }
    return HTTP2ClientTransport(
      target: target,
      configuration: .init(
        userAgentPrefix: "grpc-interop/0.1", tls: tls, maxConnectionsPerAddress: connectionsMax),
      logger: logger)
  }
}
