import Metrics
import Synchronization

/// A metrics system that keeps sums in memory and writes them in the text format of Prometheus.
///
///     let registry = MetricsRegistry()
///     MetricsSystem.bootstrap(registry)
///     …
///     let page = registry.text()
///
/// Series of one name and equal dimensions are one. Counters and meters are atomic, timers and
/// recorders hold a lock for some instructions. May be used from any thread.
public final class MetricsRegistry: MetricsFactory {
  /// Series that are kept: 10,000. What comes beyond is not recorded, and
  /// `metrics_series_dropped_total` says how many were asked for.
  public static let seriesMax = 10_000

  /// A name with its dimensions, by name: what makes a series.
  struct Series: Hashable, Sendable {
    let name: String
    let dimensions: [Dimension]

    init(_ name: String, _ dimensions: [(String, String)]) {
      self.name = name
      self.dimensions = dimensions.map { Dimension(name: $0.0, value: $0.1) }
        .sorted { $0.name < $1.name }
    }
  }

  struct Dimension: Hashable, Sendable {
    let name: String
    let value: String
  }

  /// What a series holds.
  enum Instrument: Sendable {
    case counter(CounterCell)
    case gauge(GaugeCell)
    case histogram(HistogramCell)
  }

  private struct State {
    var instruments: [Series: Instrument] = [:]
    var dropped = 0
  }

  private let state = Mutex(State())

  /// Nothing recorded.
  public init() {}

  /// All series, and how many more were asked for.
  func snapshot() -> (instruments: [Series: Instrument], dropped: Int) {
    state.withLock { ($0.instruments, $0.dropped) }
  }

  /// The series' instrument; another one that nobody reads when there are too many series, or when
  /// the name is that of another kind.
  private func instrument<Cell: Sendable>(
    _ series: Series, _ make: () -> Cell, as wrap: (Cell) -> Instrument,
    _ unwrap: (Instrument) -> Cell?
  ) -> Cell {
    state.withLock { state in
      if let known = state.instruments[series].flatMap(unwrap) { return known }
      let cell = make()
      if state.instruments.count < Self.seriesMax, state.instruments[series] == nil {
        state.instruments[series] = wrap(cell)
      } else {
        state.dropped += 1
      }
      return cell
    }
  }

  /// A sum of whole numbers.
  public func makeCounter(
    label: String, dimensions: [(String, String)]
  ) -> any CounterHandler {
    instrument(Series(label, dimensions), CounterCell.init, as: { .counter($0) }) {
      if case .counter(let cell) = $0 { cell } else { nil }
    }
  }

  /// A figure that goes up and down.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions)
  }

  /// A distribution, or the last value when it is not to be aggregated.
  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    aggregate
      ? histogram(label, dimensions, .amounts) : gauge(label, dimensions) as any RecorderHandler
  }

  /// A distribution of times, in seconds when it is read.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(label, dimensions, .times)
  }

  private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell {
    instrument(Series(label, dimensions), GaugeCell.init, as: { .gauge($0) }) {
      if case .gauge(let cell) = $0 { cell } else { nil }
    }
  }

  private func histogram(
    _ label: String, _ dimensions: [(String, String)], _ scale: HistogramCell.Scale
  ) -> HistogramCell {
    instrument(Series(label, dimensions), { HistogramCell(scale) }, as: { .histogram($0) }) {
      if case .histogram(let cell) = $0, cell.scale == scale { cell } else { nil }
    }
  }

  /// Sums are kept for as long as the process lives: a counter that went away and came again would
  /// seem to have been set back.
  public func destroyCounter(_ handler: any CounterHandler) {}
  /// The same.
  public func destroyMeter(_ handler: any MeterHandler) {}
  /// The same.
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  /// The same.
  public func destroyTimer(_ handler: any TimerHandler) {}
}
