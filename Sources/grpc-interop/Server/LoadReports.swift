import GRPC
import Protobuf
import Synchronization

/// What the server says of its load outside of calls (ORCA), as the tests set it.
final class LoadReports: Sendable {
  private let current = Mutex(Xds_Data_Orca_V3_OrcaLoadReport())

  /// The report that goes out next.
  var latest: Xds_Data_Orca_V3_OrcaLoadReport { current.withLock { $0 } }

  /// Replaces the report.
  func set(_ report: Xds_Data_Orca_V3_OrcaLoadReport) { current.withLock { $0 = report } }
}

/// Sends the current report at once and then once per interval.
struct LoadReportService: Xds_Service_Orca_V3_OpenRcaService.SimpleServiceProtocol {
  /// Reports do not follow each other faster, whatever a client asks for.
  static let shortestInterval = Duration.milliseconds(10)
  /// Nor slower.
  static let longestInterval = Duration.seconds(3600)
  /// For clients that ask for no interval.
  static let usualInterval = Duration.seconds(1)

  let load: LoadReports

  func streamCoreMetrics(
    request: Xds_Service_Orca_V3_OrcaLoadReportRequest,
    response: RPCWriter<Xds_Data_Orca_V3_OrcaLoadReport>, context: ServerContext
  ) async throws {
    let wanted = request.reportInterval.map {
      Duration.seconds($0.seconds) + .nanoseconds(Int64($0.nanos))
    }
    let interval = min(
      max(wanted ?? Self.usualInterval, Self.shortestInterval), Self.longestInterval)
    while !Task.isCancelled {
      try await response.write(load.latest)
      try await Task.sleep(for: interval)
    }
  }
}

extension Xds_Data_Orca_V3_OrcaLoadReport {
  /// Where the load of one call is reported: a field of the trailers (gRFC A51).
  static let trailersKey = "endpoint-load-metrics-bin"

  /// Sends the report with the status of the call.
  func attach(to context: ServerContext) throws {
    var trailing = Metadata()
    trailing.addBinary(try serializedBytes(), forKey: Self.trailersKey)
    try context.addTrailingMetadata(trailing)
  }
}

extension Grpc_Testing_TestOrcaReport {
  /// The same figures as servers report them.
  var reportedLoad: Xds_Data_Orca_V3_OrcaLoadReport {
    var report = Xds_Data_Orca_V3_OrcaLoadReport()
    report.cpuUtilization = cpuUtilization
    report.memUtilization = memoryUtilization
    report.requestCost = requestCost
    report.utilization = utilization
    return report
  }
}
