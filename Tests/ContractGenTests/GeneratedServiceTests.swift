@testable import GRPC
import Protobuf
import Testing

/// What the generated code for the services of the feature contract does at run time.
@Suite struct GeneratedServiceTests {
  private struct Service: Test_V1_Shapes.SimpleServiceProtocol {
    func unary(
      request: Test_V1_Scalars, context: ServerContext
    ) async throws -> Test_V1_Nothing { Test_V1_Nothing() }

    func upload(
      request: RPCAsyncSequence<Test_V1_Scalars>, context: ServerContext
    ) async throws -> Test_V1_Nothing { Test_V1_Nothing() }

    func download(
      request: Test_V1_Scalars, response: RPCWriter<Test_V1_Nothing>, context: ServerContext
    ) async throws {}

    func converse(
      request: RPCAsyncSequence<Test_V1_Scalars>, response: RPCWriter<Test_V1_Nothing>,
      context: ServerContext
    ) async throws {}

    func `default`(
      request: Test_V1_Tree.Leaf, context: ServerContext
    ) async throws -> Test_V1_Keywords { Test_V1_Keywords() }
  }

  /// Waits in all methods but one.
  private struct PartlySynchronous: Test_V1_Shapes.SimpleServiceProtocol,
    Test_V1_Shapes.Method.Unary.Synchronous
  {
    func unary(
      request: Test_V1_Scalars, context: ServerContext
    ) throws -> Test_V1_Nothing { Test_V1_Nothing() }

    func upload(
      request: RPCAsyncSequence<Test_V1_Scalars>, context: ServerContext
    ) async throws -> Test_V1_Nothing { Test_V1_Nothing() }

    func download(
      request: Test_V1_Scalars, response: RPCWriter<Test_V1_Nothing>, context: ServerContext
    ) async throws {}

    func converse(
      request: RPCAsyncSequence<Test_V1_Scalars>, response: RPCWriter<Test_V1_Nothing>,
      context: ServerContext
    ) async throws {}

    func `default`(
      request: Test_V1_Tree.Leaf, context: ServerContext
    ) async throws -> Test_V1_Keywords { Test_V1_Keywords() }
  }

  /// Is called back in one method.
  private struct PartlyDeferred: Test_V1_Shapes.SimpleServiceProtocol,
    Test_V1_Shapes.Method.Unary.Deferred
  {
    func unary(
      request: Test_V1_Scalars, context: ServerContext, answer: PendingAnswer<Test_V1_Nothing>
    ) throws { answer.give { Test_V1_Nothing() } }

    func upload(
      request: RPCAsyncSequence<Test_V1_Scalars>, context: ServerContext
    ) async throws -> Test_V1_Nothing { Test_V1_Nothing() }

    func download(
      request: Test_V1_Scalars, response: RPCWriter<Test_V1_Nothing>, context: ServerContext
    ) async throws {}

    func converse(
      request: RPCAsyncSequence<Test_V1_Scalars>, response: RPCWriter<Test_V1_Nothing>,
      context: ServerContext
    ) async throws {}

    func `default`(
      request: Test_V1_Tree.Leaf, context: ServerContext
    ) async throws -> Test_V1_Keywords { Test_V1_Keywords() }
  }

  private struct Recorder: Test_V1_Shapes.ClientProtocol {
    func unary(
      _ message: Test_V1_Scalars, metadata: Metadata, options: CallOptions
    ) async throws -> Test_V1_Nothing {
      // The answer says what arrived.
      throw RPCError(
        code: .aborted,
        message: "\(metadata.isEmpty ? "none" : "some") \(options.timeout.map { "\($0)" } ?? "-")")
    }

    func upload(
      metadata: Metadata, options: CallOptions
    ) -> ClientStreamingCall<Test_V1_Scalars, Test_V1_Nothing> { fatalError("not called") }

    func download(
      _ message: Test_V1_Scalars, metadata: Metadata, options: CallOptions
    ) -> ServerStreamingCall<Test_V1_Nothing> {
      ServerStreamingCall(responses: RPCAsyncSequence { nil })
    }

    func converse(
      metadata: Metadata, options: CallOptions
    ) -> BidirectionalCall<Test_V1_Scalars, Test_V1_Nothing> { fatalError("not called") }

    func `default`(
      _ message: Test_V1_Tree.Leaf, metadata: Metadata, options: CallOptions
    ) async throws -> Test_V1_Keywords { Test_V1_Keywords() }
  }

  @Test("method descriptors carry the path and the shape of the call")
  func descriptors() {
    let methods = Test_V1_Shapes.Method.descriptors
    #expect(
      methods.map(\.path) == [
        "/test.v1.Shapes/Unary", "/test.v1.Shapes/Upload", "/test.v1.Shapes/Download",
        "/test.v1.Shapes/Converse", "/test.v1.Shapes/Default",
      ])
    #expect(
      methods.map(\.kind) == [
        .unary, .clientStreaming, .serverStreaming, .bidirectionalStreaming, .unary,
      ])
    #expect(Test_V1_Silent.Method.descriptors.isEmpty)
  }

  @Test("a service registers all its methods and its contract")
  func registration() {
    var router = RPCRouter()
    Service().registerMethods(with: &router)
    #expect(router.methods == Test_V1_Shapes.Method.descriptors)
    #expect(router.fileDescriptors.map(\.name) == ["test/v1/features.proto"])
    #expect(
      router.fileDescriptors.first?.dependencies.map(\.name) == [
        "google/protobuf/duration.proto", "google/protobuf/timestamp.proto",
      ])
  }

  @Test("only a method whose service says so is registered without a task")
  func formsWithoutTask() {
    func withoutTask(
      _ service: some Test_V1_Shapes.SimpleServiceProtocol, isDoneAtOnce: Bool
    ) -> [String] {
      var router = RPCRouter()
      service.registerMethods(with: &router)
      let routes = router.freeze(interceptors: [])
      return router.methods.filter { method in
        Array(method.path.utf8).withUnsafeBufferPointer { path in
          let method = routes.method(at: path)
          return method?.runSynchronously != nil && method?.isDoneAtOnce == isDoneAtOnce
        }
      }.map(\.method)
    }
    for isDoneAtOnce in [true, false] {
      #expect(withoutTask(Service(), isDoneAtOnce: isDoneAtOnce) == [])
    }
    #expect(withoutTask(PartlySynchronous(), isDoneAtOnce: true) == ["Unary"])
    #expect(withoutTask(PartlySynchronous(), isDoneAtOnce: false) == [])
    #expect(withoutTask(PartlyDeferred(), isDoneAtOnce: false) == ["Unary"])
    #expect(withoutTask(PartlyDeferred(), isDoneAtOnce: true) == [])
  }

  @Test("callers may leave out metadata, options or both")
  func overloads() async throws {
    let client: any Test_V1_Shapes.ClientProtocol = Recorder()
    func answer(_ call: () async throws -> Test_V1_Nothing) async -> String {
      do {
        _ = try await call()
        return "no answer"
      } catch {
        return (error as? RPCError)?.message ?? "\(error)"
      }
    }
    let message = Test_V1_Scalars()
    var metadata = Metadata()
    metadata.addString("v", forKey: "k")
    let options = CallOptions.timeout(.seconds(2))
    #expect(await answer { try await client.unary(message) } == "none -")
    #expect(await answer { try await client.unary(message, metadata: metadata) } == "some -")
    #expect(
      await answer { try await client.unary(message, options: options) } == "none 2.0 seconds")
    #expect(
      await answer {
        try await client.unary(message, metadata: metadata, options: options)
      } == "some 2.0 seconds")
    for try await _ in client.download(message) { Issue.record("no message was sent") }
  }

  @Test("the embedded descriptor is the contract without comments")
  func embeddedFile() throws {
    let file = Test_V1_Features_FileDescriptor.file
    let descriptor = try Google_Protobuf_FileDescriptorProto(serializedBytes: file.serialized)
    #expect(descriptor.name == "test/v1/features.proto")
    #expect(descriptor.package == "test.v1")
    #expect(descriptor.sourceCodeInfo == nil)
    #expect(descriptor.service.map(\.name) == ["Shapes", "Silent"])
    #expect(try descriptor.serializedBytes() == file.serialized)
  }

  @Test("base64 text of every length comes back as the bytes it was made from")
  func base64Lengths() {
    #expect(EmbeddedFile(name: "", dependencies: [], base64: "").serialized == [])
    #expect(EmbeddedFile(name: "", dependencies: [], base64: "/w==").serialized == [0xFF])
    #expect(EmbeddedFile(name: "", dependencies: [], base64: "+/8=").serialized == [0xFB, 0xFF])
    #expect(
      EmbeddedFile(name: "", dependencies: [], base64: "AAECAwQF").serialized == [0, 1, 2, 3, 4, 5])
  }
}
