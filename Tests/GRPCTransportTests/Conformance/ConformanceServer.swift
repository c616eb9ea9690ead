import GRPC
import GRPCTransport
import Synchronization

/// A server that does what each request's metadata asks for, and a client for it.
///
/// | metadata | effect |
/// |---|---|
/// | `plan-responses` | so many responses of a stream for each request; 1 when absent |
/// | `plan-code`, `plan-text-bin`, `plan-details-bin` | the call fails with these, at its end |
/// | `plan-hang` | the handler waits for its cancellation before it ends |
/// | `initial-…`, `trailing-…` | the field comes back, before or after the messages |
///
/// Requests come back as responses; an upload is answered with all of them joined.
final class ConformanceServer: Sendable {
  static let limitBytes = 1000

  let client: GRPCClient
  private let test: ServerUnderTest
  private let observed = Observed()

  /// What handlers told, by the names of their methods.
  private final class Observed: Sendable {
    /// They began to wait for their cancellation.
    let started = Mutex<[String]>([])
    /// They noticed it.
    let cancelled = Mutex<[String]>([])
  }

  init(_ road: Road) async throws {
    test = try await ServerUnderTest(over: road) { [observed] router in
      Self.register(with: &router, observed)
    }
    client = test.client
  }

  func stop() async { await test.stop() }

  /// How many handlers have begun to wait for their cancellation.
  var startedCount: Int { observed.started.withLock { $0.count } }

  /// Waits until so many handlers have begun to wait for their cancellation.
  func waitForStarted(_ count: Int) async {
    while observed.started.withLock({ $0.count }) < count {
      try? await Task.sleep(for: .milliseconds(2))
    }
  }

  /// Waits until so many handlers have noticed that they were cancelled.
  func waitForCancelled(_ count: Int) async {
    while observed.cancelled.withLock({ $0.count }) < count {
      try? await Task.sleep(for: .milliseconds(2))
    }
  }

  private static func register(with router: inout RPCRouter, _ observed: Observed) {
    router.unary("Unary") { request, context in
      let plan = try Plan(context)
      try await plan.end(observed)
      return request
    }
    router.clientStreaming("Upload") { requests, context in
      let plan = try Plan(context)
      var joined: [UInt8] = []
      for try await request in requests { joined += request }
      try await plan.end(observed)
      return joined
    }
    router.serverStreaming("Watch") { request, writer, context in
      let plan = try Plan(context)
      for _ in 0..<plan.responses { try await writer.write(request) }
      try await plan.end(observed)
    }
    router.bidirectional("Converse") { requests, writer, context in
      let plan = try Plan(context)
      for try await request in requests {
        for _ in 0..<plan.responses { try await writer.write(request) }
        if plan.hangs { break }
      }
      try await plan.end(observed)
    }
    for shape in Shape.allCases {
      router.setMaxRequestBytes(limitBytes, for: shape.method)
    }
  }

  /// What a request's metadata asks for.
  private struct Plan: Sendable {
    let responses: Int
    let hangs: Bool
    private let failure: RPCError?
    private let context: ServerContext

    init(_ context: ServerContext) throws {
      self.context = context
      let metadata = context.metadata
      responses = metadata.firstString(forKey: "plan-responses").flatMap(Int.init) ?? 1
      hangs = metadata.firstString(forKey: "plan-hang") != nil
      failure = metadata.firstString(forKey: "plan-code").flatMap(Int.init)
        .flatMap(Status.Code.init(rawValue:)).map { code in
          RPCError(
            code: code,
            message: String(
              decoding: metadata.firstBinary(forKey: "plan-text-bin") ?? [], as: UTF8.self),
            detailsBytes: metadata.firstBinary(forKey: "plan-details-bin"))
        }
      var initial = metadata.fields(withPrefix: "initial-")
      if let deadline = context.deadline {
        initial.addString("\(deadline.remainingNanoseconds)", forKey: "seen-remaining")
      }
      try context.setInitialMetadata(initial)
      try context.addTrailingMetadata(metadata.fields(withPrefix: "trailing-"))
    }

    func end(_ observed: Observed) async throws {
      if hangs {
        observed.started.withLock { $0.append(context.descriptor.method) }
        do {
          try await Task.sleep(for: .seconds(3600))
        } catch {
          observed.cancelled.withLock { $0.append(context.descriptor.method) }
          throw error
        }
      }
      if let failure { throw failure }
    }
  }
}

extension Metadata {
  /// The fields whose names begin so.
  func fields(withPrefix prefix: String) -> Metadata {
    var found = Metadata()
    for (key, value) in self where key.hasPrefix(prefix) {
      switch value {
      case .string(let text): found.addString(text, forKey: key)
      case .binary(let bytes): found.addBinary(bytes, forKey: key)
      }
    }
    return found
  }
}
