import GRPC
import Metrics
import Synchronization

/// Which end of a call is measured.
enum CallSide: String, Sendable {
  case client
  case server
}

/// The instruments of one method on one side, made once.
///
/// Names and dimensions are those of the OpenTelemetry conventions for RPC where they have one
/// (`rpc.server.call.duration`); the counters continue their pattern. What calls carry has no name
/// there: those are the names of gRPC itself (gRFC A66), continued for the numbers of messages.
final class CallInstruments: CallTrafficObserver {
  /// What counts the calls that ended with one status code.
  private struct Endings: Sendable {
    let completed: Counter
    let duration: Metrics.Timer
    let sentBytes: Recorder
    let receivedBytes: Recorder
    let sentMessages: Recorder
    let receivedMessages: Recorder
  }

  private let started: Counter
  private let ok: Endings
  /// Made when the first call fails with the code: most methods never use most codes.
  private let failures = Mutex<[Status.Code: Endings]>([:])
  private let method: MethodDescriptor
  private let side: CallSide
  private let factory: any MetricsFactory

  init(of method: MethodDescriptor, side: CallSide, factory: any MetricsFactory) {
    self.method = method
    self.side = side
    self.factory = factory
    started = Counter(
      label: "rpc.\(side.rawValue).call.started", dimensions: Self.dimensions(method),
      factory: factory)
    ok = Self.endings(.ok, of: method, side, factory)
  }

  /// Counts a call that begins.
  func start() -> Deadline {
    started.increment()
    return .now()
  }

  /// Counts a call that has ended, and how long it took.
  func end(_ code: Status.Code, startedAt start: Deadline) {
    let endings = endings(code)
    endings.completed.increment()
    endings.duration.recordNanoseconds(Deadline.now().nanoseconds - start.nanoseconds)
  }

  /// Records what a call, or one attempt at it, has carried.
  func ended(_ code: Status.Code, _ traffic: CallTraffic) {
    let endings = endings(code)
    endings.sentBytes.record(traffic.sentBytes)
    endings.receivedBytes.record(traffic.receivedBytes)
    endings.sentMessages.record(traffic.sentMessages)
    endings.receivedMessages.record(traffic.receivedMessages)
  }

  private func endings(_ code: Status.Code) -> Endings {
    code == .ok ? ok : failures(with: code)
  }

  private func failures(with code: Status.Code) -> Endings {
    failures.withLock { known in
      if let endings = known[code] { return endings }
      let endings = Self.endings(code, of: method, side, factory)
      known[code] = endings
      return endings
    }
  }

  private static func dimensions(_ method: MethodDescriptor) -> [(String, String)] {
    [(CallAttribute.system, "grpc"), (CallAttribute.method, method.fullyQualifiedMethod)]
  }

  private static func endings(
    _ code: Status.Code, of method: MethodDescriptor, _ side: CallSide,
    _ factory: any MetricsFactory
  ) -> Endings {
    let dimensions = dimensions(method) + [(CallAttribute.statusCode, "\(code)")]
    func recorder(_ name: String) -> Recorder {
      let scope = side == .client ? "grpc.client.attempt" : "grpc.server.call"
      return Recorder(label: "\(scope).\(name)", dimensions: dimensions, factory: factory)
    }
    return Endings(
      completed: Counter(
        label: "rpc.\(side.rawValue).call.completed", dimensions: dimensions, factory: factory),
      duration: Metrics.Timer(
        label: "rpc.\(side.rawValue).call.duration", dimensions: dimensions, factory: factory),
      sentBytes: recorder("sent_total_compressed_message_size"),
      receivedBytes: recorder("rcvd_total_compressed_message_size"),
      sentMessages: recorder("sent_messages"),
      receivedMessages: recorder("rcvd_messages"))
  }
}
