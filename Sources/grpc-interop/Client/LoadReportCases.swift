import GRPC
import Protobuf

/// Load reports (ORCA): with the status of a call, and outside of calls.
enum LoadReportCases {
  typealias Report = Xds_Data_Orca_V3_OrcaLoadReport

  static let all = [
    InteropCase(name: "orca_per_rpc", run: perCall),
    InteropCase(name: "orca_oob", run: outOfBand),
  ]

  /// Time between two reports that the client asks for, and how long it waits for the right one.
  private static let interval = Duration.milliseconds(50)
  private static let patience = Duration.seconds(10)

  @Sendable static func perCall(_ setting: CaseSetting) async throws {
    var wanted = Grpc_Testing_TestOrcaReport()
    wanted.cpuUtilization = 0.8210
    wanted.memoryUtilization = 0.5847
    wanted.requestCost = ["cost": 3456.32]
    wanted.utilization = ["util": 0.30499]
    var request = Grpc_Testing_SimpleRequest()
    request.orcaPerQueryReport = wanted
    let response = try await setting.client.unaryResponse(
      request,
      method: Grpc_Testing_TestService.Method.UnaryCall.descriptor,
      serializer: ProtobufSerializer<Grpc_Testing_SimpleRequest>(),
      deserializer: ProtobufDeserializer<Grpc_Testing_SimpleResponse>())
    let reports = response.trailingMetadata[binaryValues: Report.trailersKey]
    try Expect.equal("reports with the status", reports.count, 1)
    try Expect.equal(
      "the report", try reports.first.map { try Report(serializedBytes: $0) }, wanted.reportedLoad)
  }

  /// Reports follow what the server was told last, on a call that has nothing else to do.
  @Sendable static func outOfBand(_ setting: CaseSetting) async throws {
    let reports = Xds_Service_Orca_V3_OpenRcaService.Client(wrapping: setting.client)
      .streamCoreMetrics(reportRequest, options: CallOptions(timeout: patience))
    var iterator = reports.makeAsyncIterator()
    let call = setting.service.fullDuplexCall()
    var responses = call.responses.makeAsyncIterator()
    for (cpu, memory, util) in [(0.8210, 0.5847, 0.30499), (0.29309, 0.2, 0.2039)] {
      var request = StreamingCases.outputRequest(payload: 0, responses: [1])
      var wanted = Grpc_Testing_TestOrcaReport()
      wanted.cpuUtilization = cpu
      wanted.memoryUtilization = memory
      wanted.utilization = ["util": util]
      request.orcaOobReport = wanted
      try await call.requests.write(request)
      try Expect.equal("response", try await responses.next()?.payload?.body.count, 1)
      var report: Report?
      repeat {
        // The deadline of the call ends a wait in vain.
        report = try await iterator.next()
        if report == nil {
          throw InteropFailure.differs(what: "reports", expected: "more", found: "their end")
        }
      } while report != wanted.reportedLoad
    }
    call.requests.finish()
    try Expect.absent("response after the half-close", try await responses.next())
  }

  private static var reportRequest: Xds_Service_Orca_V3_OrcaLoadReportRequest {
    var request = Xds_Service_Orca_V3_OrcaLoadReportRequest()
    var duration = Google_Protobuf_Duration()
    duration.nanos = Int32(interval / .nanoseconds(1))
    request.reportInterval = duration
    return request
  }
}
