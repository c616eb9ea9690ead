import GRPC
import Protobuf

/// The standard reflection service, in its versions `v1` and `v1alpha`.
///
/// Answers from the contracts that were registered before it: call ``register(with:)`` last. The
/// two versions differ in the name of their package only, so both are served with the messages of
/// `v1`.
public struct ReflectionService: Sendable {
  typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
  typealias Response = Grpc_Reflection_V1_ServerReflectionResponse

  /// The full names under which the service is served.
  public static let versions = [
    "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
  ]

  let answers: ReflectionAnswers

  /// Registers both versions. They list themselves too.
  public static func register(with router: inout RPCRouter) {
    router.register(fileDescriptors: [
      Grpc_Reflection_V1_Reflection_FileDescriptor.file,
      Grpc_Reflection_V1alpha_Reflection_FileDescriptor.file,
    ])
    let services = router.methods.map(\.service.fullyQualifiedService) + versions
    let service = ReflectionService(
      answers: ReflectionAnswers(services: services, files: router.fileDescriptors))
    for version in versions {
      router.registerBidirectional(
        MethodDescriptor(
          service: ServiceDescriptor(fullyQualifiedService: version),
          method: "ServerReflectionInfo", kind: .bidirectionalStreaming),
        deserializer: ProtobufDeserializer<Request>(),
        serializer: ProtobufSerializer<Response>()
      ) { requests, response, _ in
        try await service.answer(requests, into: response)
      }
    }
  }

  /// Answers one question after the other until the caller has no more.
  func answer(
    _ requests: RPCAsyncSequence<Request>, into responses: RPCWriter<Response>
  ) async throws {
    var sent: Set<String> = []
    for try await request in requests {
      try await responses.write(response(to: request, sent: &sent))
    }
  }

  func response(to request: Request, sent: inout Set<String>) -> Response {
    var response = Response()
    response.validHost = request.host
    response.originalRequest = request
    response.messageResponse = Self.message(answers.answer(Self.question(request), sent: &sent))
    return response
  }

  private static func question(_ request: Request) -> ReflectionAnswers.Question {
    switch request.messageRequest {
    case .listServices: .listServices
    case .fileByFilename(let name): .fileNamed(name)
    case .fileContainingSymbol(let symbol): .fileDeclaring(symbol)
    case .fileContainingExtension(let wanted):
      .fileExtending(wanted.containingType, number: wanted.extensionNumber)
    case .allExtensionNumbersOfType(let type): .extensionNumbers(of: type)
    case nil: .none
    }
  }

  private static func message(
    _ answer: ReflectionAnswers.Answer
  ) -> Response.OneOf_MessageResponse {
    switch answer {
    case .services(let names):
      var list = Grpc_Reflection_V1_ListServiceResponse()
      list.service = names.map { name in
        var service = Grpc_Reflection_V1_ServiceResponse()
        service.name = name
        return service
      }
      return .listServicesResponse(list)
    case .files(let files):
      var response = Grpc_Reflection_V1_FileDescriptorResponse()
      response.fileDescriptorProto = files
      return .fileDescriptorResponse(response)
    case .extensionNumbers(let type, let numbers):
      var response = Grpc_Reflection_V1_ExtensionNumberResponse()
      response.baseTypeName = type
      response.extensionNumber = numbers
      return .allExtensionNumbersResponse(response)
    case .error(let code, let text):
      var error = Grpc_Reflection_V1_ErrorResponse()
      error.errorCode = Int32(code.rawValue)
      error.errorMessage = text
      return .errorResponse(error)
    }
  }
}
