import Metrics
import Synchronization

/// A metrics back end that keeps what it is told, by label and dimensions.
final class MetricsRecorder: MetricsFactory {
  private let values = Mutex<[String: [Int64]]>([:])
  private let handles = Mutex<[String: Int]>([:])

  /// What was recorded under `label{dimension=value,…}`, dimensions in the order given.
  func values(_ name: String) -> [Int64] { values.withLock { $0[name] ?? [] } }

  /// How many handles were made under each name.
  var handleCounts: [String: Int] { handles.withLock { $0 } }

  private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
    let text = dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
    let name = "\(label){\(text)}"
    handles.withLock { $0[name, default: 0] += 1 }
    return Handler { value in self.values.withLock { $0[name, default: []].append(value) } }
  }

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    handler(label, dimensions)
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    handler(label, dimensions)
  }

  func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    handler(label, dimensions)
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}

  private final class Handler: CounterHandler, TimerHandler, RecorderHandler {
    private let note: @Sendable (Int64) -> Void
    init(_ note: @escaping @Sendable (Int64) -> Void) { self.note = note }
    func increment(by amount: Int64) { note(amount) }
    func reset() {}
    func recordNanoseconds(_ duration: Int64) { note(duration) }
    func record(_ value: Int64) { note(value) }
    func record(_ value: Double) { note(Int64(value)) }
  }
}
