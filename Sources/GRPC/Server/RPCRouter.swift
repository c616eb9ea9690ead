import Protobuf

/// A set of methods that can register itself: what generated service protocols conform to.
public protocol RegistrableRPCService: Sendable {
  /// Registers every method of the service.
  func registerMethods(with router: inout RPCRouter)
}

/// The methods that a server serves, and the contracts they come from.
///
/// A value that is filled before the server starts; the server freezes it into a lookup table.
public struct RPCRouter: Sendable {
  /// Largest request message without a limit of its own: 4 MiB.
  public static let defaultMaxRequestBytes = 4 * 1024 * 1024
  /// Largest response message: 4 MiB, the default limit of clients everywhere.
  public static let defaultMaxResponseBytes = 4 * 1024 * 1024

  private var entries: [Entry] = []
  private var methodLimits: [String: Int] = [:]
  private var serviceLimits: [String: Int] = [:]
  /// The `.proto` files of the registered services, for reflection.
  public private(set) var fileDescriptors: [EmbeddedFile] = []

  public init() {}

  /// The methods registered so far, in order of registration.
  public var methods: [MethodDescriptor] { entries.map(\.descriptor) }

  /// Whether a method was registered.
  public func hasHandler(for method: MethodDescriptor) -> Bool {
    entries.contains { $0.descriptor == method }
  }

  /// Registers a method with one request and one response.
  public mutating func registerUnary<Input: Sendable, Output: Sendable>(
    _ method: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (Input, ServerContext) async throws -> Output
  ) {
    add(method, run: Self.unaryRun(deserializer, serializer, handler))
  }

  /// Takes the request, waits for the handler and sets the response, compressed or not.
  private static func unaryRun<Input: Sendable, Output: Sendable>(
    _ deserializer: some MessageDeserializer<Input>, _ serializer: some MessageSerializer<Output>,
    _ handler: @escaping @Sendable (Input, ServerContext) async throws -> Output
  ) -> RegisteredMethod.Run {
    { context, call in
      if !call.isOnLoop { await call.waitForRequest() }
      let input =
        call.hasCompressedRequest
        ? try await call.takeCompressedRequest(with: deserializer)
        : try call.takeRequest(with: deserializer)
      let output = try await handler(input, context)
      try call.setResponse(output, with: serializer)
      if call.compressesResponses { await call.compressResponse() }
    }
  }

  /// Registers a method with one request and one response whose handler never waits.
  ///
  /// The handler runs on the event loop of the connection, without a task. It must not block and
  /// must be done within microseconds: until it returns, every call of that loop waits. When an
  /// interceptor of the method has to suspend, the handler runs behind it in a task; when the
  /// handler itself has to wait for once, it throws ``AnswerLater``. Metadata, errors, limits and
  /// deadlines are those of the other form.
  public mutating func registerSynchronousUnary<Input: Sendable, Output: Sendable>(
    _ method: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (Input, ServerContext) throws -> Output
  ) {
    let answer: RegisteredMethod.RunSynchronously = { context, call in
      let input = try call.takeRequest(with: deserializer)
      do {
        try call.setResponse(handler(input, context), with: serializer)
        return .ended
      } catch let later as AnswerLater<Output> {
        return .mustWait { _, call in
          try call.setResponse(try await later.answer(), with: serializer)
          if call.compressesResponses { await call.compressResponse() }
        }
      }
    }
    add(method, synchronously: answer) { context, call in
      if !call.isOnLoop { await call.waitForRequest() }
      if case .mustWait(let rest) = try answer(context, call) {
        try await rest(context, call)
      } else if call.compressesResponses {
        await call.compressResponse()
      }
    }
  }

  /// Registers a method with one request and one response whose handler is told the answer by a
  /// call back.
  ///
  /// The handler runs on the event loop of the connection, without a task: it must not block, and
  /// return within microseconds. It throws, or gives the ``PendingAnswer`` sooner or later. When an
  /// interceptor of the method has to suspend, there is a task all the same, which waits for the
  /// answer. Metadata, errors, limits and deadlines are those of the other forms.
  public mutating func registerDeferredUnary<Input: Sendable, Output: Sendable>(
    _ method: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (Input, ServerContext, PendingAnswer<Output>) throws -> Void
  ) {
    let run = Self.unaryRun(deserializer, serializer) { input, context in
      try await PendingAnswer.wait { try handler(input, context, $0) }
    }
    let begin: RegisteredMethod.RunSynchronously = { context, call in
      guard !call.hasCompressedRequest else {
        return .mustWait { _, call in try await run(context, call) }
      }
      let input = try call.takeRequest(with: deserializer)
      let pending = PendingAnswer<Output> { answer in
        call.answerArrives(answer, with: serializer)
      }
      try handler(input, context, pending)
      return .answersLater
    }
    add(method, synchronously: begin, answersLater: true, run: run)
  }

  /// Registers a method with one request and many responses.
  public mutating func registerServerStreaming<Input: Sendable, Output: Sendable>(
    _ method: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (Input, RPCWriter<Output>, ServerContext) async throws -> Void
  ) {
    add(method) { context, call in
      if !call.isOnLoop { await call.waitForRequest() }
      let input =
        call.hasCompressedRequest
        ? try await call.takeCompressedRequest(with: deserializer)
        : try call.takeRequest(with: deserializer)
      try await handler(input, call.writer(with: serializer), context)
    }
  }

  /// Registers a method with many requests and one response.
  public mutating func registerClientStreaming<Input: Sendable, Output: Sendable>(
    _ method: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (RPCAsyncSequence<Input>, ServerContext) async throws -> Output
  ) {
    add(method) { context, call in
      let output = try await handler(call.requests(with: deserializer), context)
      try call.setResponse(output, with: serializer)
      if call.compressesResponses { await call.compressResponse() }
    }
  }

  /// Registers a method with many requests and many responses.
  public mutating func registerBidirectional<Input: Sendable, Output: Sendable>(
    _ method: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (
      RPCAsyncSequence<Input>, RPCWriter<Output>, ServerContext
    ) async throws -> Void
  ) {
    add(method) { context, call in
      try await handler(
        call.requests(with: deserializer), call.writer(with: serializer), context)
    }
  }

  /// Adds the `.proto` files that a generated service came from; files known by name are kept once.
  public mutating func register(fileDescriptors files: [EmbeddedFile]) {
    for file in files where !fileDescriptors.contains(where: { $0.name == file.name }) {
      fileDescriptors.append(file)
    }
  }

  /// Limits the request messages of one method, in bytes.
  public mutating func setMaxRequestBytes(_ bytes: Int, for method: MethodDescriptor) {
    precondition(bytes >= 0)
    methodLimits[method.path] = bytes
  }

  /// Limits the request messages of all methods of a service that have no limit of their own.
  public mutating func setMaxRequestBytes(_ bytes: Int, for service: ServiceDescriptor) {
    precondition(bytes >= 0)
    serviceLimits[service.fullyQualifiedService] = bytes
  }

  /// The lookup table, with the interceptors folded around every handler, the first one outermost.
  package func freeze(
    interceptors: [any ServerInterceptor], compression: CompressionPolicy = CompressionPolicy()
  ) -> RoutingTable {
    let methods = entries.map { entry in
      let bound = InterceptorChain.bind(interceptors, to: entry.descriptor)
      let run = InterceptorChain.fold(bound, around: entry.run)
      return RegisteredMethod(
        descriptor: entry.descriptor,
        maxRequestBytes: methodLimits[entry.descriptor.path]
          ?? serviceLimits[entry.descriptor.service.fullyQualifiedService]
          ?? Self.defaultMaxRequestBytes,
        run: run,
        runSynchronously: entry.handleSynchronously.flatMap {
          InterceptorChain.foldSynchronously(bound, around: $0, whenWaiting: entry.run)
        },
        answersLater: entry.answersLater)
    }
    return RoutingTable(methods, compression: compression)
  }

  private mutating func add(
    _ method: MethodDescriptor,
    synchronously handleSynchronously: RegisteredMethod.RunSynchronously? = nil,
    answersLater: Bool = false, run: @escaping RegisteredMethod.Run
  ) {
    precondition(
      !entries.contains { $0.descriptor.path == method.path },
      "\(method.fullyQualifiedMethod) is registered twice")
    entries.append(
      Entry(
        descriptor: method, handleSynchronously: handleSynchronously, answersLater: answersLater,
        run: run))
  }

  /// A method before interceptors and limits are applied.
  private struct Entry: Sendable {
    let descriptor: MethodDescriptor
    let handleSynchronously: RegisteredMethod.RunSynchronously?
    let answersLater: Bool
    let run: RegisteredMethod.Run
  }
}
