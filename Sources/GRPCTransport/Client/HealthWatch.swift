import GRPC
import HTTP2

/// The one call over a connection that tells whether its server can serve. It has no deadline, and
/// never waits: it is opened on its connection and ends with it. Event loop only.
final class HealthWatch: ClientCall, @unchecked Sendable {
  /// What is known of the server.
  enum Report: Sendable {
    case serving
    case notServing
    /// There will be no more reports.
    case ended(RPCError?)
  }

  private let probe: HealthProbe
  private var report: ((HealthWatch, Report) -> Void)?
  /// Whether the server has answered at all.
  private(set) var hasAnswered = false

  init(_ probe: HealthProbe, report: @escaping (HealthWatch, Report) -> Void) {
    self.probe = probe
    self.report = report
    super.init(
      ClientRequestHead(
        method: probe.method, metadata: Metadata(), deadline: nil,
        options: CallOptions(maxResponseMessageBytes: 1024, acceptedCompression: [])))
  }

  override func sendRequest() {
    _ = send(probe.framedRequest)
    finishRequest()
  }

  override func receiveMessage(_ payload: MessageDeframer.Payload) {
    hasAnswered = true
    report?(self, probe.isServing(payload.bytes) ? .serving : .notServing)
  }

  override func receivedData(bytes count: Int) {
    guard let (stream, connection) = stream else { return }
    connection.credit(stream, count)
  }

  override func complete(_ end: ClientStreamStateMachine.End) {
    let report = report
    self.report = nil
    switch end {
    case .ok: report?(self, .ended(nil))
    case .failed(let error): report?(self, .ended(error))
    }
  }
}
