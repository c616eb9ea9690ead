import GRPCTransport
import Synchronization
import Testing

@testable import GRPC

/// Interceptors decide by the name of the method. It must be the one that was routed, whatever the
/// request called it (CVE-2026-33186: what was routed was not what was compared).
@Suite("The name of a method", .timeLimit(.minutes(10)), .fewAtOnce)
struct RoutedNameTests {
  private final class Seen: Sendable {
    private let names = Mutex<[String]>([])
    func add(_ name: String) { names.withLock { $0.append(name) } }
    func take() -> [String] {
      names.withLock { names in
        defer { names = [] }
        return names
      }
    }
  }

  private struct Waiting: ServerInterceptor {
    let seen: Seen

    func intercept(
      _ context: ServerContext, next: (ServerContext) async throws -> Void
    ) async throws {
      seen.add(context.descriptor.path)
      try await next(context)
    }
  }

  private struct Observing: ObservingInterceptor {
    let seen: Seen

    func callBegins(_ context: inout ServerContext) { seen.add(context.descriptor.path) }
    func callEnded(_: Void, _ context: ServerContext, failure: (any Error)?) {}
  }

  private static let methods = ["Echo", "Twice", "Count", "Talk"]

  private static func register(_ seen: Seen, with router: inout RPCRouter) {
    router.unary("Echo") { input, context in
      seen.add("handler of \(context.descriptor.path)")
      return input
    }
    router.serverStreaming("Twice") { _, _, context in
      seen.add("handler of \(context.descriptor.path)")
    }
    router.clientStreaming("Count") { _, context in
      seen.add("handler of \(context.descriptor.path)")
      return []
    }
    router.bidirectional("Talk") { _, _, context in
      seen.add("handler of \(context.descriptor.path)")
    }
  }

  private static func server(_ seen: Seen) async throws -> ServerUnderTest {
    try await ServerUnderTest(interceptors: [Waiting(seen: seen), Observing(seen: seen)]) {
      register(seen, with: &$0)
    }
  }

  private static func answer(
    to path: String, of client: WireClient
  ) async throws -> WireClient.Answer {
    let fields = WireClient.request("").map { ($0.0, $0.0 == ":path" ? path : $0.1) }
    let exchange = try await client.open(fields)
    exchange.write(
      RawFrame.data(ServerWireTests.framed([1]), stream: exchange.stream, endStream: true))
    return await exchange.answer()
  }

  /// Other spellings of a path, which some server or proxy takes for the same.
  private static func spellings(of method: String) -> [String] {
    [
      "//test.Test/\(method)", "/test.Test//\(method)", "/test.Test/\(method)/",
      "test.Test/\(method)", "\\test.Test\\\(method)", "/test.Test\\\(method)",
      "/test.Test/\(method)?", "/test.Test/\(method)?a=b", "/test.Test/\(method)#a",
      "/test.Test/\(method);a", "/test.Test/\(method)%00", "/test.Test/\(method)%20",
      "/test.Test/%\(String(method.utf8.first ?? 0, radix: 16))\(method.dropFirst())",
      "/test%2ETest/\(method)", "/test.Test%2F\(method)", "%2Ftest.Test/\(method)",
      "/TEST.Test/\(method)", "/test.test/\(method)", "/test.Test/\(method.uppercased())",
      "/test.Test/\(method.lowercased())", "/./test.Test/\(method)",
      "/x/../test.Test/\(method)", "/test.Test/./\(method)", "/test.Test/x/../\(method)",
      "http://test/test.Test/\(method)", "/test.Test/\(method.dropLast())",
      "/test.Test/\(method)\(method)", "/Test/\(method)", "/.test.Test/\(method)",
      "/test.Test/\u{FEFF}\(method)", "/test.Test/\(method)\u{200B}", "/test.Test/",
      "/test.Test", "/\(method)", "/", "*",
    ]
  }

  @Test("is the registered one, for interceptors of every kind and for handlers of every shape")
  func registered() async throws {
    let seen = Seen()
    let test = try await Self.server(seen)
    let client = try await WireClient(test.address)
    for method in Self.methods {
      let path = "/test.Test/\(method)"
      #expect(try await Self.answer(to: path, of: client).status == "0", "\(path)")
      #expect(seen.take() == [path, path, "handler of \(path)"])
    }
    await test.stop()
  }

  @Test("is never another spelling's: neither interceptors nor handlers see such a call",
    arguments: methods)
  func spelledOtherwise(method: String) async throws {
    let seen = Seen()
    let test = try await Self.server(seen)
    let client = try await WireClient(test.address)
    for path in Self.spellings(of: method) {
      let answer = try await Self.answer(to: path, of: client)
      // HTTP/2 itself refuses what does not begin with a slash (RFC 9113 section 8.3.1).
      let isRefused = answer.status == "12" || (!path.hasPrefix("/") && answer.closed == 1)
      #expect(isRefused, "\(path): \(answer)")
      #expect(seen.take().isEmpty, "\(path)")
    }
    #expect(try await Self.answer(to: "/test.Test/\(method)", of: client).status == "0")
    await test.stop()
  }

  @Test("is found by its bytes alone, of a hundred thousand that nearly are it")
  func mutated() {
    var router = RPCRouter()
    Self.register(Seen(), with: &router)
    let table = router.freeze(interceptors: [])
    let known = Self.methods.map { Array("/test.Test/\($0)".utf8) }
    var random = SeededRandom()
    var found = 0
    for _ in 0..<100_000 {
      var path = known[Int.random(in: 0..<known.count, using: &random)]
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        let index = Int.random(in: 0..<path.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: path[index] = .random(in: .min ... .max, using: &random)
        case 1: path[index] ^= 0x20
        case 2: path.insert(path[index], at: index)
        case 3: path.remove(at: index)
        default: path.swapAt(index, path.count - 1)
        }
        if path.isEmpty { path = [0x2F] }
      }
      let method = path.withUnsafeBufferPointer { table.method(at: $0)?.descriptor.path }
      found += method == nil ? 0 : 1
      guard method.map({ Array($0.utf8) }) == (known.contains(path) ? path : nil) else {
        Issue.record("\(path) leads to \(method ?? "nothing"), seed \(random.seed)")
        return
      }
    }
    // A third is left as it is.
    #expect(found > 20_000, "seed \(random.seed)")
  }
}
