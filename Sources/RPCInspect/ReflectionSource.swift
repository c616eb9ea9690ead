import GRPC
import GRPCServices
import Protobuf
import Synchronization

/// Descriptors from a server's reflection service: `v1`, or `v1alpha` where that is all there is.
public final class ReflectionSource: DescriptorSource {
  private typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
  private typealias Response = Grpc_Reflection_V1_ServerReflectionResponse

  private let client: GRPCClient
  private let metadata: Metadata
  private let options: CallOptions
  /// Index into ``ReflectionService/versions`` of the version that the server speaks.
  private let version = Mutex(0)

  /// Asks over `client`, sending `metadata` with each question.
  public init(client: GRPCClient, metadata: Metadata = [:], options: CallOptions = .defaults) {
    self.client = client
    self.metadata = metadata
    self.options = options
  }

  public func serviceNames() async throws -> [String] {
    guard case .listServicesResponse(let list) = try await ask(.listServices("*")) else {
      throw InspectError.malformedReflection("a list of services was asked for")
    }
    return list.service.map(\.name).sorted()
  }

  public func files(
    declaring symbol: String
  ) async throws -> [Google_Protobuf_FileDescriptorProto] {
    switch try await ask(.fileContainingSymbol(symbol)) {
    case .fileDescriptorResponse(let response): return try Self.files(response)
    case .errorResponse(let error) where error.errorCode == Int32(Status.Code.notFound.rawValue):
      throw InspectError.symbolNotFound(symbol)
    case .errorResponse(let error): throw Self.failure(error)
    default: throw InspectError.malformedReflection("a file was asked for")
    }
  }

  public func files(named name: String) async throws -> [Google_Protobuf_FileDescriptorProto] {
    switch try await ask(.fileByFilename(name)) {
    case .fileDescriptorResponse(let response): return try Self.files(response)
    case .errorResponse: return []
    default: throw InspectError.malformedReflection("a file was asked for")
    }
  }

  /// Asks one question on a stream of its own, so that the server sends each file whole.
  private func ask(
    _ question: Request.OneOf_MessageRequest
  ) async throws -> Response.OneOf_MessageResponse {
    while true {
      let current = version.withLock { $0 }
      do {
        return try await ask(question, version: ReflectionService.versions[current])
      } catch let error as RPCError where error.code == .unimplemented {
        guard current + 1 < ReflectionService.versions.count else {
          throw InspectError.reflectionUnavailable
        }
        version.withLock { $0 = current + 1 }
      }
    }
  }

  private func ask(
    _ question: Request.OneOf_MessageRequest, version: String
  ) async throws -> Response.OneOf_MessageResponse {
    let call = client.bidirectionalStreaming(
      method: MethodDescriptor(
        service: ServiceDescriptor(fullyQualifiedService: version),
        method: "ServerReflectionInfo", kind: .bidirectionalStreaming),
      // The messages of both versions are the same on the wire.
      serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Response>(),
      metadata: metadata, options: options)
    var request = Request()
    request.messageRequest = question
    // When the call has already failed, reading says why and writing does not.
    try? await call.requests.write(request)
    call.requests.finish()
    var answer: Response.OneOf_MessageResponse?
    for try await response in call.responses where answer == nil {
      answer = response.messageResponse
    }
    guard let answer else { throw InspectError.malformedReflection("the answer is empty") }
    return answer
  }

  private static func files(
    _ response: Grpc_Reflection_V1_FileDescriptorResponse
  ) throws -> [Google_Protobuf_FileDescriptorProto] {
    try response.fileDescriptorProto.map { bytes in
      do {
        return try Google_Protobuf_FileDescriptorProto(serializedBytes: bytes)
      } catch {
        throw InspectError.malformedReflection("\(error)")
      }
    }
  }

  private static func failure(_ error: Grpc_Reflection_V1_ErrorResponse) -> RPCError {
    let code = Status.Code(rawValue: Int(error.errorCode)) ?? .unknown
    return RPCError(code: code == .ok ? .unknown : code, message: error.errorMessage)
  }
}
