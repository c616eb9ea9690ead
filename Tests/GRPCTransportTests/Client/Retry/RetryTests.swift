import GRPC
import HTTP2
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("Calls that are made again by policy", .timeLimit(.minutes(10)), .fewAtOnce)
struct RetryTests {
  private typealias Base = HTTP2ClientTransportTests

  private static let policy = RetryPolicy(
    maxAttempts: 4, initialBackoff: .milliseconds(1), maxBackoff: .milliseconds(5))
  private static let repeatable = CallOptions(timeout: .seconds(100), isIdempotent: true)

  private static func client(
    _ server: ScriptedServer, _ policy: RetryPolicy = policy,
    throttling: RetryThrottling? = nil
  ) -> GRPCClient {
    Base.client(
      server.target,
      HTTP2ClientTransport.Configuration(retry: policy, retryThrottling: throttling))
  }

  /// What a server saw: one entry for each attempt, `grpc-previous-rpc-attempts` or "-".
  private final class Attempts: Sendable {
    private let seen = Mutex<[String]>([])
    var list: [String] { seen.withLock { $0 } }

    /// Notes an attempt and answers its number, from 1.
    func note(_ fields: [String: String]) -> Int {
      seen.withLock { seen in
        seen.append(fields["grpc-previous-rpc-attempts"] ?? "-")
        return seen.count
      }
    }
  }

  /// A server whose first attempts end with a status before anything else; then it echoes.
  private static func failing(
    _ times: Int, status: Int = 14, fields: [(String, String)] = [], _ attempts: Attempts
  ) async throws -> ScriptedServer {
    try await ScriptedServer { exchange, input in
      if case .headers(let request) = input, attempts.note(request) <= times {
        exchange.received = -1
        exchange.respond([("grpc-status", "\(status)")] + fields, endStream: true)
      }
      if exchange.received >= 0 { Base.echo(exchange, input) }
    }
  }

  @Test("a call of the contract's idempotent method is made until it succeeds, and says how often")
  func untilSuccess() async throws {
    let attempts = Attempts()
    let server = try await Self.failing(3, attempts)
    let method = MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: "test.Test"), method: "Unary",
      kind: .unary, idempotency: .noSideEffects)
    let reply = try await Self.client(server).unary(
      [1, 2], method: method, serializer: RawBytes(), deserializer: RawBytes(),
      options: .timeout(.seconds(100)))
    #expect(reply == [1, 2])
    #expect(attempts.list == ["-", "1", "2", "3"])
  }

  @Test(
    "a call is made once when nobody says that it may be repeated, or its failure is another one",
    arguments: [
      (CallOptions(timeout: .seconds(100)), 14),
      (CallOptions(timeout: .seconds(100), isIdempotent: false), 14),
      (CallOptions(timeout: .seconds(100), isIdempotent: true), 13),
    ])
  func once(options: CallOptions, status: Int) async throws {
    let attempts = Attempts()
    let server = try await Self.failing(3, status: status, attempts)
    let error = await failure { _ = try await Self.client(server).call(options: options) }
    #expect(error?.code.rawValue == status)
    #expect(attempts.list == ["-"])
  }

  @Test("the last attempt's failure is the call's")
  func exhausted() async throws {
    let attempts = Attempts()
    let server = try await Self.failing(9, fields: [("grpc-message", "not now")], attempts)
    let error = await failure {
      _ = try await Self.client(server).call(options: Self.repeatable)
    }
    #expect(error?.code == .unavailable && error?.message == "not now")
    #expect(attempts.list.count == 4)
  }

  @Test("once an answer has begun the call is not made again")
  func committed() async throws {
    let attempts = Attempts()
    let server = try await ScriptedServer { exchange, input in
      if case .headers(let fields) = input { _ = attempts.note(fields) }
      guard case .end = input else { return }
      exchange.respond()
      exchange.finish(14)
    }
    let client = Self.client(server)
    let error = await failure { _ = try await client.call(options: Self.repeatable) }
    #expect(error?.code == .unavailable)
    let stream = client.watch(options: Self.repeatable)
    let other = await failure { for try await _ in stream.responses {} }
    #expect(other?.code == .unavailable)
    #expect(attempts.list == ["-", "-"])
  }

  @Test(
    "a server can forbid another attempt",
    arguments: ["-1", "soon", ""])
  func pushbackForbids(text: String) async throws {
    let attempts = Attempts()
    let server = try await Self.failing(1, fields: [("grpc-retry-pushback-ms", text)], attempts)
    let error = await failure {
      _ = try await Self.client(server).call(options: Self.repeatable)
    }
    #expect(error?.code == .unavailable)
    #expect(error?.metadata.isEmpty == true, "the field is the protocol's")
    #expect(attempts.list == ["-"])
  }

  @Test("a server can say when")
  func pushbackDelays() async throws {
    let attempts = Attempts()
    let server = try await Self.failing(1, fields: [("grpc-retry-pushback-ms", "30")], attempts)
    // By the policy the next attempt would be in an hour.
    let policy = RetryPolicy(initialBackoff: .seconds(3600), maxBackoff: .seconds(3600))
    let start = ContinuousClock.now
    #expect(try await Self.client(server, policy).call(options: Self.repeatable) == [1, 2, 3])
    #expect(start.duration(to: .now) >= .milliseconds(30))
    #expect(attempts.list == ["-", "1"])
  }

  @Test("the deadline is that of all attempts together")
  func deadline() async throws {
    let timeouts = Mutex<[Int64]>([])
    let server = try await ScriptedServer { exchange, input in
      if case .headers(let fields) = input {
        exchange.received = timeouts.withLock { timeouts in
          timeouts.append(GRPCTimeout.decode(fields["grpc-timeout"] ?? "") ?? 0)
          return timeouts.count
        }
        if exchange.received == 1 { exchange.respond([("grpc-status", "14")], endStream: true) }
      }
      if exchange.received == 2 { Base.echo(exchange, input) }
    }
    let client = Self.client(server)
    #expect(try await client.call(options: Self.repeatable) == [1, 2, 3])
    let seen = timeouts.withLock { $0 }
    #expect(seen.count == 2 && seen[0] <= 100_000_000_000 && seen[1] < seen[0])
    // From now on the server is silent: whatever the attempts did, the deadline ends the call.
    let options = CallOptions(timeout: .milliseconds(300), isIdempotent: true)
    let error = await failure { _ = try await client.call(options: options) }
    #expect(error?.code == .deadlineExceeded)
  }

  @Test("when the deadline would pass before the next attempt, the failure itself is told")
  func tooLate() async throws {
    let attempts = Attempts()
    let server = try await Self.failing(1, fields: [("grpc-message", "busy")], attempts)
    let policy = RetryPolicy(initialBackoff: .seconds(3600), maxBackoff: .seconds(3600))
    let error = await failure {
      _ = try await Self.client(server, policy).call(options: Self.repeatable)
    }
    #expect(error?.code == .unavailable && error?.message == "busy")
  }

  @Test("cancelling and shutting down end a call between two attempts")
  func pause() async throws {
    let failed = AsyncStream<Void>.makeStream()
    let server = try await ScriptedServer { exchange, input in
      switch input {
      case .headers: exchange.respond([("grpc-status", "14")], endStream: true)
      case .reset: failed.continuation.yield()
      default: break
      }
    }
    var failures = failed.stream.makeAsyncIterator()
    let policy = RetryPolicy(initialBackoff: .seconds(3600), maxBackoff: .seconds(3600))
    let options = CallOptions(isIdempotent: true)
    let transport = Base.transport(
      server.target, HTTP2ClientTransport.Configuration(retry: policy))
    let client = GRPCClient(transport: transport)
    let cancelled = Task { await failure { _ = try await client.call(options: options) } }
    await failures.next()
    cancelled.cancel()
    #expect(await cancelled.value?.code == .cancelled)
    let shut = Task { await failure { _ = try await client.call(options: options) } }
    await failures.next()
    await transport.shutdown()
    #expect(await shut.value?.code == .unavailable)
  }

  @Test("a lost connection is a failure like others")
  func lost() async throws {
    let attempts = Attempts()
    let server = try await ScriptedServer { exchange, input in
      if case .headers(let fields) = input, attempts.note(fields) <= 2 {
        exchange.connection.close()
        return
      }
      Base.echo(exchange, input)
    }
    #expect(try await Self.client(server).call(options: Self.repeatable) == [1, 2, 3])
    #expect(attempts.list == ["-", "1", "2"])
  }

  @Test("a server that cannot be reached is a failure like others")
  func unreachable() async throws {
    let server = try await ScriptedServer(script: Base.echo)
    try await server.close()
    let policy = RetryPolicy(
      maxAttempts: 5, initialBackoff: .seconds(3), maxBackoff: .seconds(3))
    let client = Self.client(server, policy)
    async let reply = client.call(options: Self.repeatable)
    let error = await failure { _ = try await client.call() }
    #expect(error?.code == .unavailable)
    let other = try await ScriptedServer(port: server.port, script: Base.echo)
    #expect(try await reply == [1, 2, 3])
    try await other.close()
  }

  @Test("streams are made again from their first message, whether the policy or a refusal says so")
  func streams() async throws {
    for refuses in [false, true] {
      let attempts = Attempts()
      let server = try await ScriptedServer { exchange, input in
        switch input {
        case .headers(let fields):
          exchange.received = attempts.note(fields) <= 2 ? -3 : 0
          if exchange.received == 0 { exchange.respond() }
        case .message(let bytes):
          guard exchange.received < 0 else { return exchange.send(bytes) }
          // The third message is one too many.
          exchange.received += 1
          guard exchange.received == 0 else { return }
          if refuses {
            exchange.reset(.refusedStream)
          } else {
            exchange.respond([("grpc-status", "14")], endStream: true)
          }
        case .end:
          exchange.finish()
        case .reset: break
        }
      }
      let options = refuses ? CallOptions(timeout: .seconds(100)) : Self.repeatable
      let converse = Self.client(server).converse(options: options)
      for index in 1...3 { try await converse.requests.write([UInt8(index)]) }
      var answers = converse.responses.makeAsyncIterator()
      for index in 1...3 { #expect(try await answers.next() == [UInt8(index)]) }
      try await converse.requests.write([4])
      #expect(try await answers.next() == [4])
      converse.requests.finish()
      #expect(try await answers.next() == nil)
      #expect(attempts.list == (refuses ? ["-", "-", "-"] : ["-", "1", "2"]))
    }
  }

  @Test("a server stream is made again until its answer begins")
  func serverStream() async throws {
    let attempts = Attempts()
    let server = try await Self.failing(2, attempts)
    var seen: [[UInt8]] = []
    let watch = Self.client(server).watch(options: Self.repeatable)
    for try await message in watch.responses { seen.append(message) }
    #expect(seen == [[1]])
    #expect(attempts.list.count == 3)
  }

  @Test("a request larger than what is kept is sent once")
  func tooLarge() async throws {
    let attempts = Attempts()
    let server = try await ScriptedServer { exchange, input in
      if case .headers(let fields) = input { _ = attempts.note(fields) }
      if case .end = input { exchange.respond([("grpc-status", "14")], endStream: true) }
    }
    let upload = Self.client(server).upload(options: Self.repeatable)
    for _ in 0..<5 { try await upload.requests.write(Array(repeating: 7, count: 16 * 1024)) }
    let error = await failure { _ = try await upload.response() }
    #expect(error?.code == .unavailable)
    #expect(attempts.list == ["-"])
  }

  @Test("when too much fails nothing is repeated")
  func throttled() async throws {
    let attempts = Attempts()
    let server = try await Self.failing(.max, attempts)
    let client = Self.client(server, throttling: RetryThrottling(maxTokens: 4, tokenRatio: 0.1))
    for _ in 0..<3 {
      let error = await failure { _ = try await client.call(options: Self.repeatable) }
      #expect(error?.code == .unavailable)
    }
    // Four tokens: the first failure leaves three, the second one two, which is half.
    #expect(attempts.list == ["-", "1", "-", "-"])
  }
}
