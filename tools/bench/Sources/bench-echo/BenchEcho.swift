import Foundation
import GRPC
import GRPCTransport
import NIOPosix

/// The runtime's side of the benchmark, one event loop each because the harness gives each side one
/// core: `bench-echo HOST:PORT [--async] [--work=MICROSECONDS]` serves `EchoService` until it is
/// stopped by a signal, `bench-echo call HOST:PORT SECONDS CALLS_IN_FLIGHT` calls it.
///
/// Echo is a synchronous handler; with `--async` it is an async one that suspends nowhere, and with
/// `--work` it computes for so long.
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
    var service = EchoService()
    var isAsync = false
    for option in arguments.dropFirst() {
      if option == "--async" {
        isAsync = true
      } else if option.hasPrefix("--work="), let micros = Int64(option.dropFirst(7)) {
        service.work = .microseconds(micros)
      } else {
        usage()
      }
    }
    var router = RPCRouter()
    if isAsync {
      AsyncEchoService(service: service).registerMethods(with: &router)
    } else {
      service.registerMethods(with: &router)
    }
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
    let text = """
      usage: bench-echo HOST:PORT [--async] [--work=MICROSECONDS]
             bench-echo call HOST:PORT SECONDS CALLS_IN_FLIGHT

      """
    FileHandle.standardError.write(Data(text.utf8))
    exit(64)
  }
}

struct EchoService: Farebox_Bench_V1_EchoService.SimpleServiceProtocol,
  Farebox_Bench_V1_EchoService.Method.Echo.Synchronous
{
  /// How long the handler computes.
  var work = Duration.zero

  /// Decodes the request and encodes it again, field by field.
  func echo(
    request: Farebox_Bench_V1_EchoRequest, context: ServerContext
  ) throws -> Farebox_Bench_V1_EchoResponse {
    if work > .zero { compute() }
    var answer = Farebox_Bench_V1_EchoResponse()
    answer.text = request.text
    answer.n = request.n
    answer.payload = request.payload
    return answer
  }

  private func compute() {
    let end = ContinuousClock.now + work
    while ContinuousClock.now < end {}
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

/// The same as an async handler.
struct AsyncEchoService: Farebox_Bench_V1_EchoService.SimpleServiceProtocol {
  let service: EchoService

  func echo(
    request: Farebox_Bench_V1_EchoRequest, context: ServerContext
  ) async throws -> Farebox_Bench_V1_EchoResponse {
    try service.echo(request: request, context: context)
  }

  func `repeat`(
    request: Farebox_Bench_V1_RepeatRequest, response: RPCWriter<Farebox_Bench_V1_EchoResponse>,
    context: ServerContext
  ) async throws {
    try await service.repeat(request: request, response: response, context: context)
  }
}
