import Foundation
import GRPC
import GRPCTransport
import Logging
import NIOPosix

/// Unary calls over one connection: as many tasks as calls in flight, each with one call after the
/// other, for a while. Prints what was done as JSON, like the C++ client that it is compared with.
struct EchoLoad {
  let host: String
  let port: Int
  let seconds: Double
  let callsInFlight: Int

  init?(_ arguments: ArraySlice<String>) {
    let words = Array(arguments)
    guard words.count == 3, let (host, port) = BenchEcho.address(words[0]),
      let seconds = Double(words[1]), let callsInFlight = Int(words[2])
    else { return nil }
    self.host = host
    self.port = port
    self.seconds = seconds
    self.callsInFlight = callsInFlight
  }

  func run() async throws {
    let transport = HTTP2ClientTransport(
      target: .tcp(host: host, port: port),
      eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1),
      logger: Logger(label: "bench-echo"))
    let client = Farebox_Bench_V1_EchoService.Client(wrapping: GRPCClient(transport: transport))
    _ = try await calls(of: client, for: 0.2)  // connects
    let cpuBefore = Self.cpuSeconds()
    let started = ContinuousClock.now
    let calls = try await calls(of: client, for: seconds)
    let wall = (ContinuousClock.now - started) / .seconds(1)
    let cpu = Self.cpuSeconds() - cpuBefore
    print("{\"calls\": \(calls), \"seconds\": \(wall), \"cpu_seconds\": \(cpu)}")
    await transport.shutdown()
  }

  private func calls(
    of client: Farebox_Bench_V1_EchoService.Client, for seconds: Double
  ) async throws -> Int {
    let deadline = ContinuousClock.now + .seconds(seconds)
    return try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<callsInFlight {
        group.addTask {
          var request = Farebox_Bench_V1_EchoRequest()
          request.text = "hello from bench"
          request.n = 12345
          request.payload = Array(0..<16)
          var count = 0
          repeat {
            let answer = try await client.echo(request)
            guard answer.n == request.n, answer.text == request.text else {
              throw RPCError(code: .internalError, message: "wrong answer")
            }
            count += 1
          } while ContinuousClock.now < deadline
          return count
        }
      }
      return try await group.reduce(0, +)
    }
  }

  /// User and system time of all threads so far.
  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
