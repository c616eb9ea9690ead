import Metrics
import Synchronization

/// A sum that only grows.
final class CounterCell: CounterHandler {
  private let sum = Atomic<Int64>(0)

  var value: Int64 { sum.load(ordering: .relaxed) }

  /// Sums wrap rather than stop the process.
  func increment(by amount: Int64) { sum.wrappingAdd(amount, ordering: .relaxed) }

  func reset() { sum.store(0, ordering: .relaxed) }
}

/// A figure that goes up and down.
final class GaugeCell: MeterHandler, RecorderHandler {
  private let figure = Mutex(0.0)

  var value: Double { figure.withLock { $0 } }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { figure.withLock { $0 = value } }
  func increment(by amount: Double) { figure.withLock { $0 += amount } }
  func decrement(by amount: Double) { figure.withLock { $0 -= amount } }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
}

/// How often values were how large.
final class HistogramCell: TimerHandler, RecorderHandler {
  /// The upper bounds of the classes; the last class has none.
  enum Scale: Sendable {
    /// Nanoseconds, from 100 µs to a minute.
    case times
    /// Bytes and other amounts, in powers of four up to 16 Mi.
    case amounts

    var bounds: [Double] {
      switch self {
      case .times: Scale.nanoseconds
      case .amounts: Scale.powersOfFour
      }
    }

    private static let nanoseconds = [
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
      10, 30, 60,
    ].map { $0 * 1e9 }
    private static let powersOfFour = (0...12).map { Double(1 << (2 * $0)) }
  }

  struct Content: Sendable {
    /// How many values fell into each class.
    var counts: [Int]
    var sum = 0.0
  }

  let scale: Scale
  private let content: Mutex<Content>

  init(_ scale: Scale) {
    self.scale = scale
    content = Mutex(Content(counts: Array(repeating: 0, count: scale.bounds.count + 1)))
  }

  var value: Content { content.withLock { $0 } }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration)) }
  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    let bounds = scale.bounds
    let place = bounds.firstIndex { value <= $0 } ?? bounds.count
    content.withLock {
      $0.counts[place] += 1
      $0.sum += value
    }
  }
}
