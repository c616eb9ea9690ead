import GRPC
import GRPCServices
import Testing

@Suite struct HealthServiceTests {
  private typealias Client = Grpc_Health_V1_Health.Client

  private func router(_ status: HealthStatus) -> RPCRouter {
    var router = RPCRouter()
    HealthService(status: status).registerMethods(with: &router)
    return router
  }

  private func request(_ service: String) -> Grpc_Health_V1_HealthCheckRequest {
    var request = Grpc_Health_V1_HealthCheckRequest()
    request.service = service
    return request
  }

  @Test("Check tells the status that was set and refuses unknown services with NOT_FOUND")
  func check() async throws {
    let status = HealthStatus()
    status.set(.serving, forService: "a.B")
    try await withServer(router(status)) { client async throws -> Void in
      let health = Client(wrapping: client)
      #expect(try await health.check(request("a.B")).status == .serving)
      #expect(try await health.check(request("")).status == .notServing)
      status.set(.serving, forService: "")
      #expect(try await health.check(request("")).status == .serving)
      let error = await #expect(throws: RPCError.self) { try await health.check(request("a.C")) }
      #expect(error?.code == .notFound)
    }
  }

  @Test("List names every service up to the limit and refuses beyond it")
  func list() async throws {
    let status = HealthStatus()
    status.set(.serving, forService: "a.B")
    try await withServer(router(status)) { client async throws -> Void in
      let health = Client(wrapping: client)
      let all = try await health.list(Grpc_Health_V1_HealthListRequest()).statuses
      #expect(all.mapValues(\.status) == ["": .notServing, "a.B": .serving])
      for number in 0..<HealthService.listedServicesMax {
        status.set(.serving, forService: "many.\(number)")
      }
      let error = await #expect(throws: RPCError.self) {
        try await health.list(Grpc_Health_V1_HealthListRequest())
      }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test("Watch of an unknown service says so, stays open, and tells each change")
  func watch() async throws {
    let status = HealthStatus()
    try await withServer(router(status)) { client async throws -> Void in
      var changes = Client(wrapping: client).watch(request("late.Service")).makeAsyncIterator()
      #expect(try await changes.next()?.status == .serviceUnknown)
      status.set(.serving, forService: "late.Service")
      #expect(try await changes.next()?.status == .serving)
      // The same status again is no change.
      status.set(.serving, forService: "late.Service")
      status.setAllNotServing()
      #expect(try await changes.next()?.status == .notServing)
    }
  }

  @Test("After a drain began nothing serves again")
  func drain() {
    let status = HealthStatus()
    status.set(.serving, forService: "a.B")
    status.setAllNotServing()
    status.set(.serving, forService: "a.B")
    #expect(status.status(ofService: "a.B") == .notServing)
    #expect(status.status(ofService: "") == .notServing)
    #expect(status.status(ofService: "a.C") == nil)
  }
}
