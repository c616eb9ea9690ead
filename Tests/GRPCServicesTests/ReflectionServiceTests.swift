import GRPC
import Protobuf
import Testing

@testable import GRPCServices

@Suite struct ReflectionServiceTests {
  private typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
  private typealias Response = Grpc_Reflection_V1_ServerReflectionResponse

  private static func router() -> RPCRouter {
    var router = RPCRouter()
    HealthService(status: HealthStatus()).registerMethods(with: &router)
    router.register(fileDescriptors: [
      Google_Rpc_Status_FileDescriptor.file, Google_Rpc_ErrorDetails_FileDescriptor.file, extended,
    ])
    ReflectionService.register(with: &router)
    return router
  }

  /// A file of proto2: test.extension.Host, extended by test.extension.note (126) beside it and by
  /// test.extension.Scope.rank (101) inside another message.
  private static let extended = EmbeddedFile(
    name: "extended.proto", dependencies: [],
    base64: """
      Cg5leHRlbmRlZC5wcm90bxIOdGVzdC5leHRlbnNpb24iDQoESG9zdCoFCGQQyQEiMQoFU2NvcGUyKAoE\
      cmFuaxIULnRlc3QuZXh0ZW5zaW9uLkhvc3QYZSABKAVSBHJhbms6KAoEbm90ZRIULnRlc3QuZXh0ZW5zaW9uLkhvc3QYfiABKAlSBG5vdGU=
      """)

  /// Asks all questions on one stream and returns the answers.
  private func ask(
    _ questions: [Request.OneOf_MessageRequest], version: String = ReflectionService.versions[0]
  ) async throws -> [Response.OneOf_MessageResponse?] {
    try await withServer(Self.router()) { client in
      let call = client.bidirectionalStreaming(
        method: MethodDescriptor(
          service: ServiceDescriptor(fullyQualifiedService: version),
          method: "ServerReflectionInfo", kind: .bidirectionalStreaming),
        serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Response>())
      for question in questions {
        var request = Request()
        request.host = "h"
        request.messageRequest = question
        try await call.requests.write(request)
      }
      call.requests.finish()
      var answers: [Response.OneOf_MessageResponse?] = []
      for try await response in call.responses {
        #expect(response.validHost == "h")
        #expect(response.originalRequest?.messageRequest == questions[answers.count])
        answers.append(response.messageResponse)
      }
      return answers
    }
  }

  private func fileNames(_ answer: Response.OneOf_MessageResponse?) throws -> [String] {
    guard case .fileDescriptorResponse(let response)? = answer else { return [] }
    return try response.fileDescriptorProto.map {
      try Google_Protobuf_FileDescriptorProto(serializedBytes: $0).name ?? ""
    }
  }

  private func errorCode(_ answer: Response.OneOf_MessageResponse?) -> Int32? {
    guard case .errorResponse(let error)? = answer else { return nil }
    return error.errorCode
  }

  @Test("Both versions list every registered service", arguments: ReflectionService.versions)
  func listServices(version: String) async throws {
    let answers = try await ask([.listServices("*")], version: version)
    guard case .listServicesResponse(let list)?? = answers.first else {
      Issue.record("no list")
      return
    }
    #expect(
      list.service.map(\.name) == [
        "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ])
  }

  @Test(
    "Every kind of symbol leads to its file",
    arguments: [
      ("grpc.health.v1.Health", "grpc/health/v1/health.proto"),
      ("grpc.health.v1.Health.Check", "grpc/health/v1/health.proto"),
      ("grpc.health.v1.HealthCheckRequest", "grpc/health/v1/health.proto"),
      ("grpc.health.v1.HealthCheckRequest.service", "grpc/health/v1/health.proto"),
      ("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"),
      ("grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto"),
      ("google.rpc.QuotaFailure.Violation", "google/rpc/error_details.proto"),
      ("google.protobuf.Any", "google/protobuf/any.proto"),
    ])
  func symbols(symbol: String, file: String) async throws {
    let answers = try await ask([.fileContainingSymbol(symbol)])
    #expect(try fileNames(answers.first ?? nil).first == file)
  }

  @Test("A file comes with its imports, and imports are sent once per stream")
  func closure() async throws {
    let answers = try await ask([
      .fileByFilename("google/rpc/status.proto"), .fileContainingSymbol("google.rpc.Status"),
      .fileByFilename("google/protobuf/any.proto"),
    ])
    #expect(
      try answers.map(fileNames) == [
        ["google/rpc/status.proto", "google/protobuf/any.proto"], ["google/rpc/status.proto"],
        ["google/protobuf/any.proto"],
      ])
  }

  @Test("An extension is found by its type and number, by its name, and among the numbers")
  func extensions() async throws {
    let type = "test.extension.Host"
    let wantedNumbers: [Int32] = [126, 101, 102]
    var questions: [Request.OneOf_MessageRequest] = wantedNumbers.map { number in
      var wanted = Grpc_Reflection_V1_ExtensionRequest()
      wanted.containingType = type
      wanted.extensionNumber = number
      return .fileContainingExtension(wanted)
    }
    questions += [
      .fileContainingSymbol("test.extension.note"),
      .fileContainingSymbol("test.extension.Scope.rank"), .allExtensionNumbersOfType(type),
    ]
    let answers = try await ask(questions)
    #expect(answers.map(errorCode) == [nil, nil, 5, nil, nil, nil])
    for index in [0, 1, 3, 4] { #expect(try fileNames(answers[index]) == ["extended.proto"]) }
    guard case .allExtensionNumbersResponse(let numbers)? = answers.last ?? nil else {
      Issue.record("\(String(describing: answers.last))")
      return
    }
    #expect(numbers.baseTypeName == type)
    #expect(numbers.extensionNumber.sorted() == [101, 126])
  }

  @Test("What does not exist is an error inside the answer and the stream goes on")
  func errors() async throws {
    var wanted = Grpc_Reflection_V1_ExtensionRequest()
    wanted.containingType = "google.rpc.Status"
    wanted.extensionNumber = 100
    let answers = try await ask([
      .fileByFilename("nope.proto"), .fileContainingSymbol("nope.Nope"),
      .fileContainingExtension(wanted), .allExtensionNumbersOfType("google.rpc.Status"),
      .allExtensionNumbersOfType("nope.Nope"), .fileContainingSymbol("google.rpc.Status"),
    ])
    #expect(answers.map(errorCode) == [5, 5, 5, 5, 5, nil])
    #expect(try fileNames(answers.last ?? nil).count == 2)
  }
}
