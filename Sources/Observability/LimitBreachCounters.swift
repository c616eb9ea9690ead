import GRPC
import Metrics

/// Counts what clients run into: `rpc.server.limit.breached`, with the dimension `limit`, for
/// example `rapid_resets`.
///
/// Give ``count(_:)`` to the server as its `onLimitBreach`. May be used from any thread.
public struct LimitBreachCounters: Sendable {
  private let counters: [LimitBreach: Counter]

  /// Counts with `factory`: bootstrap the metrics system before. All counters exist from the
  /// beginning, so that what never happened reads as zero.
  public init(factory: any MetricsFactory = MetricsSystem.factory) {
    var counters: [LimitBreach: Counter] = [:]
    for breach in LimitBreach.allCases {
      counters[breach] = Counter(
        label: "rpc.server.limit.breached", dimensions: [("limit", breach.rawValue)],
        factory: factory)
    }
    self.counters = counters
  }

  /// Counts one.
  @Sendable
  public func count(_ breach: LimitBreach) {
    counters[breach]?.increment()
  }
}
