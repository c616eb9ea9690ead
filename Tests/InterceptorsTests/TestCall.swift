@testable import GRPC
@testable import HTTP2

/// A call without a network, for what looks only at its context.
enum TestCall {
  /// A context as the router hands it to the first interceptor.
  static func context(
    _ method: MethodDescriptor, metadata: Metadata = Metadata()
  ) -> ServerContext {
    let registered = RegisteredMethod(descriptor: method, maxRequestBytes: 1024) { _, _ in }
    let call = ServerCall(
      method: registered, metadata: metadata, deadline: nil,
      peers: PeerNames(remote: "ipv4:127.0.0.1:9", local: "ipv4:127.0.0.1:7001"),
      stream: Session.Stream(id: 1), machine: ServerStreamStateMachine(), host: Host())
    return ServerContext(call: call)
  }

  /// Runs a call through interceptors as a router does: bound to the method, folded around `handler`.
  static func run(
    _ interceptors: [any ServerInterceptor], _ context: ServerContext,
    handler: @escaping @Sendable (ServerContext) async throws -> Void
  ) async throws {
    let chain = InterceptorChain.fold(
      InterceptorChain.bind(interceptors, to: context.descriptor),
      around: { context, _ in try await handler(context) })
    try await chain(context, context.call)
  }

  private final class Host: ServerCallHost {
    var isOnLoop: Bool { true }
    var executor: any TaskExecutor { InlineExecutor() }
    var session: Session? { nil }
    func runOnLoop(_ work: @escaping @Sendable () -> Void) { work() }
    func setNeedsFlush() {}
    func handlerSuspended(_ call: ServerCall) {}
    func handlerReturned(_ call: ServerCall) {}
    func report(_ error: any Error, from call: ServerCall) {}
  }

  /// Never used: no handler is started here.
  private final class InlineExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
      fatalError("a test call runs no handler")
    }
  }
}

extension MethodDescriptor {
  /// A method by its path.
  init(path: String) {
    let parts = path.split(separator: "/").map(String.init)
    self.init(
      service: ServiceDescriptor(fullyQualifiedService: parts[0]), method: parts[1], kind: .unary)
  }
}
