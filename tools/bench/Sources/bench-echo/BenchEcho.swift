import Foundation
import GRPC
import GRPCTransport
import NIOPosix

/// Serves `EchoService` on one event loop: `bench-echo HOST:PORT`. Stopped by a signal.
@main
enum BenchEcho {
  static func main() async throws {
    let parts = CommandLine.arguments.dropFirst().first?.split(separator: ":") ?? []
    guard parts.count == 2, let port = Int(parts[1]) else {
      FileHandle.standardError.write(Data("usage: bench-echo HOST:PORT\n".utf8))
      exit(64)
    }
    var router = RPCRouter()
    EchoService().registerMethods(with: &router)
    // One loop, because the harness gives the server one core.
    let server = GRPCServer(
      address: .tcp(host: String(parts[0]), port: port), router: router,
      interceptors: [CallerCheck(), CallTimer()],
      eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1))
    try await server.serve()
  }
}

/// Decodes the request and encodes it again, field by field.
struct EchoService: Farebox_Bench_V1_EchoService.SimpleServiceProtocol {
  func echo(
    request: Farebox_Bench_V1_EchoRequest, context: ServerContext
  ) async throws -> Farebox_Bench_V1_EchoResponse {
    var answer = Farebox_Bench_V1_EchoResponse()
    answer.text = request.text
    answer.n = request.n
    answer.payload = request.payload
    return answer
  }
}
