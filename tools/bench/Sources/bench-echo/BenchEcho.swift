import Foundation
import GRPC
import GRPCTransport
import NIOPosix

/// The runtime's side of the benchmark, one event loop each because the harness gives each side one
/// core: `bench-echo HOST:PORT` serves `EchoService` until it is stopped by a signal,
/// `bench-echo call HOST:PORT SECONDS CALLS_IN_FLIGHT` calls it.
@main
enum BenchEcho {
  static func main() async throws {
    var arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "call" {
      arguments.removeFirst()
      guard let load = EchoLoad(arguments) else { usage() }
      return try await load.run()
    }
    guard let (host, port) = address(arguments.first) else { usage() }
    var router = RPCRouter()
    EchoService().registerMethods(with: &router)
    let server = GRPCServer(
      address: .tcp(host: host, port: port), router: router,
      interceptors: [CallerCheck(), CallTimer()],
      eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1))
    try await server.serve()
  }

  static func address(_ text: String?) -> (host: String, port: Int)? {
    let parts = (text ?? "").split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1]) else { return nil }
    return (String(parts[0]), port)
  }

  private static func usage() -> Never {
    let text = "usage: bench-echo HOST:PORT | bench-echo call HOST:PORT SECONDS CALLS_IN_FLIGHT\n"
    FileHandle.standardError.write(Data(text.utf8))
    exit(64)
  }
}

struct EchoService: Farebox_Bench_V1_EchoService.SimpleServiceProtocol {
  /// Decodes the request and encodes it again, field by field.
  func echo(
    request: Farebox_Bench_V1_EchoRequest, context: ServerContext
  ) async throws -> Farebox_Bench_V1_EchoResponse {
    var answer = Farebox_Bench_V1_EchoResponse()
    answer.text = request.text
    answer.n = request.n
    answer.payload = request.payload
    return answer
  }

  /// Writes one message after the other.
  func `repeat`(
    request: Farebox_Bench_V1_RepeatRequest, response: RPCWriter<Farebox_Bench_V1_EchoResponse>,
    context: ServerContext
  ) async throws {
    var answer = Farebox_Bench_V1_EchoResponse()
    answer.text = request.text
    for n in 0..<request.count {
      answer.n = n
      try await response.write(answer)
    }
  }
}
