import GRPC
import HTTP2
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("What attempts carry, and where failed calls went", .timeLimit(.minutes(10)), .fewAtOnce)
struct CallTrafficTests {
  private typealias Base = HTTP2ClientTransportTests

  /// Keeps what it hears.
  private final class Observer: CallTrafficObserver {
    private let heard = Mutex<[String]>([])
    /// One text for each attempt: code, messages and bytes sent, messages and bytes received.
    var all: [String] { heard.withLock { $0 } }

    func ended(_ code: Status.Code, _ traffic: CallTraffic) {
      let sent = "\(traffic.sentMessages)/\(traffic.sentBytes)"
      let received = "\(traffic.receivedMessages)/\(traffic.receivedBytes)"
      heard.withLock { $0.append("\(code) \(sent) \(received)") }
    }
  }

  private static func head(
    _ name: String, _ kind: MethodDescriptor.Kind, _ observer: Observer?,
    _ options: CallOptions = .timeout(.seconds(60))
  ) -> ClientRequestHead {
    var head = ClientRequestHead(
      method: GRPCClient.method(name, kind), metadata: [:], options: options)
    head.trafficObserver = observer
    return head
  }

  @Test("one message and one message, of a call with one of each")
  func unary() async throws {
    let server = try await ScriptedServer(script: Base.echo)
    let transport = Base.transport(server.target)
    let observer = Observer()
    _ = try await transport.unary(
      Self.head("Unary", .unary, observer), framedMessage: ScriptedExchange.framed([1, 2, 3]))
    #expect(observer.all == ["OK 1/3 1/3"])
  }

  @Test("all messages of a stream, whatever their size, and the compressed size of compressed ones")
  func streams() async throws {
    let server = try await ScriptedServer(script: Base.echo)
    let transport = Base.transport(server.target)
    let observer = Observer()
    let stream = transport.openStream(
      Self.head("Converse", .bidirectionalStreaming, observer), onlyMessage: nil)
    for size in [0, 1, 100_000] {
      let message = [UInt8](repeating: 1, count: size)
      try await stream.send(framedMessage: ScriptedExchange.framed(message))
    }
    stream.finishSending()
    while try await stream.receive() != nil {}
    #expect(observer.all == ["OK 3/100001 3/100001"])

    let compressed = Observer()
    let options = CallOptions(timeout: .seconds(60), compression: .gzip)
    let error = await failure {
      // The scripted server cannot inflate: it finds no message to echo.
      _ = try await transport.unary(
        Self.head("Unary", .unary, compressed, options),
        framedMessage: ScriptedExchange.framed([UInt8](repeating: 1, count: 100_000)))
    }
    #expect(error != nil)
    let sent = try #require(compressed.all.first?.split(separator: " ").dropFirst().first)
    let bytes = try #require(Int(sent.dropFirst(2)))
    #expect(sent.hasPrefix("1/") && bytes > 0 && bytes < 10_000)
  }

  @Test("each attempt by itself, with its own end")
  func attempts() async throws {
    let count = Mutex(0)
    let server = try await ScriptedServer { exchange, input in
      if case .headers = input {
        let number = count.withLock { count in
          count += 1
          return count
        }
        exchange.received = number < 4 ? -1 : 0
        switch number {
        case 1: exchange.respond([("grpc-status", "14")], endStream: true)
        case 2: exchange.reset(.refusedStream)
        case 3: exchange.respond([("grpc-status", "8")], endStream: true)
        default: break
        }
      }
      if exchange.received >= 0 { Base.echo(exchange, input) }
    }
    let policy = RetryPolicy(
      maxAttempts: 4, initialBackoff: .milliseconds(1), maxBackoff: .milliseconds(5),
      retryableCodes: [.unavailable, .resourceExhausted])
    let transport = Base.transport(
      server.target, HTTP2ClientTransport.Configuration(retry: policy, retryThrottling: nil))
    let observer = Observer()
    let options = CallOptions(timeout: .seconds(60), isIdempotent: true)
    let reply = try await transport.unary(
      Self.head("Unary", .unary, observer, options), framedMessage: ScriptedExchange.framed([7]))
    #expect(reply.message == [7])
    #expect(
      observer.all == [
        "UNAVAILABLE 1/1 0/0", "UNAVAILABLE 1/1 0/0", "RESOURCE_EXHAUSTED 1/1 0/0", "OK 1/1 1/1",
      ])
  }

  @Test("a call that never had a stream is told once, and nothing went out")
  func nothing() async throws {
    let transport = Base.transport(.tcp(host: "127.0.0.1", port: 1))
    let observer = Observer()
    let error = await failure {
      _ = try await transport.unary(
        Self.head("Unary", .unary, observer), framedMessage: ScriptedExchange.framed([7]))
    }
    #expect(error?.code == .unavailable)
    #expect(error?.peer == nil, "no server was chosen")
    #expect(observer.all == ["UNAVAILABLE 0/0 0/0"])
  }

  @Test("a failed call says which server it went to, whatever ended it and however it was made")
  func peers() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .headers = input else { return }
      switch exchange.path.split(separator: "/").last {
      case "Status": exchange.respond([("grpc-status", "5")], endStream: true)
      case "Reset": exchange.reset(.internalError)
      case "Close": exchange.connection.close()
      default: exchange.respond()
      }
    }
    let client = Base.client(server.target)
    let peer = "ipv4:127.0.0.1:\(server.port)"
    for name in ["Status", "Reset", "Close"] {
      let unary = await failure { _ = try await client.call(name) }
      #expect(unary != nil && unary?.peer == peer, "\(name)")
      let stream = await failure { for try await _ in client.watch(name).responses {} }
      #expect(stream != nil && stream?.peer == peer, "\(name)")
    }
    // The server is known by then: it has answered with its headers.
    let watch = client.watch("Silent")
    _ = try await watch.initialMetadata()
    watch.cancel()
    let cancelled = await failure { for try await _ in watch.responses {} }
    #expect(cancelled?.code == .cancelled && cancelled?.peer == peer)
  }
}
