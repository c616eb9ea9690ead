import GRPC

/// The standard health service, `grpc.health.v1.Health`.
///
/// Check refuses unknown services with NOT_FOUND; Watch tells SERVICE_UNKNOWN and stays open, as
/// the service may appear later. The empty name is the whole process.
public struct HealthService: Grpc_Health_V1_Health.SimpleServiceProtocol,
  Grpc_Health_V1_Health.Method.Check.Synchronous, Grpc_Health_V1_Health.Method.List.Synchronous
{
  /// More services than this are not listed (gRFC A90).
  public static let listedServicesMax = 100

  private let status: HealthStatus

  /// Serves what `status` says.
  public init(status: HealthStatus) { self.status = status }

  public func check(
    request: Grpc_Health_V1_HealthCheckRequest, context: ServerContext
  ) throws -> Grpc_Health_V1_HealthCheckResponse {
    guard let current = status.status(ofService: request.service) else {
      throw RPCError(code: .notFound, message: "unknown service \"\(request.service)\"")
    }
    return Self.response(current)
  }

  public func list(
    request: Grpc_Health_V1_HealthListRequest, context: ServerContext
  ) throws -> Grpc_Health_V1_HealthListResponse {
    let all = status.all
    guard all.count <= Self.listedServicesMax else {
      throw RPCError(
        code: .resourceExhausted,
        message: "there are \(all.count) services, more than \(Self.listedServicesMax)")
    }
    var response = Grpc_Health_V1_HealthListResponse()
    response.statuses = all.mapValues { Self.response($0) }
    return response
  }

  public func watch(
    request: Grpc_Health_V1_HealthCheckRequest,
    response: RPCWriter<Grpc_Health_V1_HealthCheckResponse>, context: ServerContext
  ) async throws {
    var last: Grpc_Health_V1_HealthCheckResponse?
    for await change in status.changes(ofService: request.service) {
      let message = Self.response(change)
      guard message != last else { continue }
      last = message
      try await response.write(message)
    }
    // The stream of changes has no end of its own: the caller went away.
    throw CancellationError()
  }

  private static func response(
    _ status: HealthStatus.ServingStatus?
  ) -> Grpc_Health_V1_HealthCheckResponse {
    var response = Grpc_Health_V1_HealthCheckResponse()
    response.status =
      switch status {
      case .serving: .serving
      case .notServing: .notServing
      case nil: .serviceUnknown
      }
    return response
  }
}
