import GRPC
import GRPCServices
import Protobuf
import RPCInspect
import Testing

@Suite struct CatalogTests {
  /// What a test server offers: health, and reflection in one or both versions.
  private static func router(status: HealthStatus = HealthStatus()) -> RPCRouter {
    var router = RPCRouter()
    HealthService(status: status).registerMethods(with: &router)
    router.register(fileDescriptors: [Google_Rpc_ErrorDetails_FileDescriptor.file])
    ReflectionService.register(with: &router)
    return router
  }

  private static func protoset() throws -> ProtosetSource {
    var set = Google_Protobuf_FileDescriptorSet()
    set.file = try [
      Grpc_Health_V1_Health_FileDescriptor.file, Google_Rpc_Status_FileDescriptor.file,
    ].map { try Google_Protobuf_FileDescriptorProto(serializedBytes: $0.serialized) }
    return try ProtosetSource([("set", set.serializedBytes())])
  }

  @Test("Reflection and descriptor sets tell the same declarations")
  func sameText() async throws {
    let expected = """
      service Health {
        rpc Check ( .grpc.health.v1.HealthCheckRequest ) \
      returns ( .grpc.health.v1.HealthCheckResponse );

        rpc List ( .grpc.health.v1.HealthListRequest ) \
      returns ( .grpc.health.v1.HealthListResponse );

        rpc Watch ( .grpc.health.v1.HealthCheckRequest ) \
      returns ( stream .grpc.health.v1.HealthCheckResponse );
      }
      """
    func check(_ catalog: Catalog) async throws {
      let service = try await catalog.declaration(of: ".grpc.health.v1.Health")
      #expect(service.kindName == "a service")
      #expect(ProtoText.text(of: service, in: await catalog.file(of: service)) == expected)
      let list = try await catalog.declaration(of: "grpc.health.v1.HealthListResponse")
      #expect(
        ProtoText.text(of: list, in: await catalog.file(of: list)) == """
          message HealthListResponse {
            map<string, .grpc.health.v1.HealthCheckResponse> statuses = 1;
          }
          """)
      let method = try await catalog.declaration(of: "grpc.health.v1.Health/Watch")
      #expect(method.kindName == "a method")
      await #expect(throws: InspectError.symbolNotFound("grpc.health.v1.Nope")) {
        try await catalog.declaration(of: "grpc.health.v1.Nope")
      }
      await #expect(throws: InspectError.notA("grpc.health.v1.Health", "a message")) {
        try await catalog.schema(ofMessage: "grpc.health.v1.Health")
      }
    }
    try await check(Catalog(source: Self.protoset()))
    try await withServer(Self.router()) { client async throws -> Void in
      try await check(Catalog(source: ReflectionSource(client: client)))
    }
  }

  @Test("Numbers of a foreign descriptor are shown, whatever they are")
  func oddNumbers() async throws {
    var range = Google_Protobuf_DescriptorProto.ReservedRange()
    (range.start, range.end) = (.max, .min)
    var message = Google_Protobuf_DescriptorProto()
    (message.name, message.reservedRange) = ("Odd", [range])
    var set = Google_Protobuf_FileDescriptorSet()
    var file = Google_Protobuf_FileDescriptorProto()
    (file.name, file.messageType) = ("odd.proto", [message])
    set.file = [file]
    let catalog = Catalog(source: try ProtosetSource([("set", set.serializedBytes())]))
    let odd = try await catalog.declaration(of: "Odd")
    #expect(
      ProtoText.text(of: odd, in: await catalog.file(of: odd))
        .contains("reserved \(Int32.max)"))
  }

  @Test("A server without reflection is told apart")
  func noReflection() async throws {
    var router = RPCRouter()
    HealthService(status: HealthStatus()).registerMethods(with: &router)
    try await withServer(router) { client async throws -> Void in
      await #expect(throws: InspectError.reflectionUnavailable) {
        try await Catalog(source: ReflectionSource(client: client)).serviceNames()
      }
    }
  }

  @Test("A descriptor set that is none is refused by name")
  func badProtoset() {
    let error = #expect(throws: InspectError.self) { try ProtosetSource([("x.bin", [0xFF])]) }
    #expect(error?.description.hasPrefix("x.bin: ") == true)
  }

  @Test("A unary and a streaming call run from descriptors alone")
  func invocations() async throws {
    let status = HealthStatus()
    status.set(.serving, forService: "")
    try await withServer(Self.router(status: status)) { client async throws -> Void in
      let catalog = Catalog(source: ReflectionSource(client: client))
      let check = Recorder()
      try await invoke(
        "grpc.health.v1.Health/Check", ["{}"], client, catalog, check,
        options: .timeout(.seconds(60)))
      #expect(check.texts == [#"{"status":"SERVING"}"#])
      #expect(check.failure == nil)
      #expect(check.counts == [1, 1])

      let missing = Recorder()
      try await invoke(
        "grpc.health.v1.Health/Check", [#"{"service":"x"}"#], client, catalog, missing,
        options: .defaults)
      #expect(missing.failure?.code == .notFound)
      #expect(missing.counts == [1, 0])

      let watch = Recorder()
      try await invoke(
        "grpc.health.v1.Health.Watch", [], client, catalog, watch,
        options: .timeout(.seconds(3)))
      #expect(watch.texts == [#"{"status":"SERVING"}"#])
      #expect(watch.failure?.code == .deadlineExceeded)
    }
  }

  @Test("Two requests for a method that takes one are refused before anything is sent")
  func tooManyRequests() async throws {
    try await withServer(Self.router()) { client async throws -> Void in
      let catalog = Catalog(source: ReflectionSource(client: client))
      await #expect(throws: InspectError.wrongRequestCount) {
        try await invoke(
          "grpc.health.v1.Health/Check", ["{}", "{}"], client, catalog, Recorder(),
          options: .defaults)
      }
    }
  }

  private func invoke(
    _ name: String, _ requests: [String], _ client: GRPCClient, _ catalog: Catalog,
    _ recorder: Recorder, options: CallOptions
  ) async throws {
    let method = try await catalog.method(name)
    let input = try await catalog.schema(ofMessage: method.inputType)
    let output = try await catalog.schema(ofMessage: method.outputType)
    let queue = RequestQueue(
      try requests.map { try DynamicMessage(schema: input, jsonString: $0) })
    try await Invocation(client: client, method: method, input: input, output: output).run(
      metadata: Metadata(), options: options, requests: { await queue.next() }, handler: recorder)
  }
}

private actor RequestQueue {
  private var rest: ArraySlice<DynamicMessage>

  init(_ messages: [DynamicMessage]) { rest = messages[...] }

  func next() -> DynamicMessage? { rest.popFirst() }
}

private final class Recorder: InvocationEventHandler {
  var texts: [String] = []
  var failure: RPCError?
  var counts: [Int] = []

  func willSend(_ method: MethodShape, metadata: Metadata) {}
  func received(headers: Metadata) {}
  func received(_ message: DynamicMessage) async throws { texts.append(try message.jsonString()) }
  func ended(trailers: Metadata, failure: RPCError?, requestCount: Int, responseCount: Int) {
    self.failure = failure
    counts = [requestCount, responseCount]
  }
}
