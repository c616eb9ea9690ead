import Dispatch
import Metrics
import Testing

@testable import Observability

@Suite("A registry of metrics")
struct MetricsRegistryTests {
  @Test("writes counters, gauges and distributions as Prometheus reads them")
  func text() {
    let registry = MetricsRegistry()
    let calls = Counter(
      label: "rpc.calls", dimensions: [("b.c", "x\"y\\z\n"), ("a", "1")], factory: registry)
    calls.increment()
    calls.increment(by: 2)
    Gauge(label: "9 lives", dimensions: [], factory: registry).record(1.5)
    let sizes = Recorder(label: "size", factory: registry)
    for size in [0, 1, 4, 5, 1 << 30] { sizes.record(size) }
    let times = Metrics.Timer(label: "took", factory: registry)
    times.recordMilliseconds(2)
    times.recordSeconds(100)
    let lines = registry.text().split(separator: "\n").map(String.init)
    #expect(lines.contains("# TYPE rpc_calls_total counter"))
    #expect(lines.contains(#"rpc_calls_total{a="1",b_c="x\"y\\z\n"} 3"#))
    #expect(lines.contains("# TYPE _9_lives gauge") && lines.contains("_9_lives 1.5"))
    for line in [
      "# TYPE size histogram", #"size_bucket{le="1.0"} 2"#, #"size_bucket{le="4.0"} 3"#,
      #"size_bucket{le="16.0"} 4"#, #"size_bucket{le="16777216.0"} 4"#,
      #"size_bucket{le="+Inf"} 5"#, "size_count 5", "size_sum 1073741834.0",
      "# TYPE took_seconds histogram", #"took_seconds_bucket{le="0.001"} 0"#,
      #"took_seconds_bucket{le="0.0025"} 1"#, #"took_seconds_bucket{le="+Inf"} 2"#,
      "took_seconds_sum 100.002", "took_seconds_count 2", "metrics_series_dropped_total 0",
    ] { #expect(lines.contains(line), "\(line)") }
    #expect(lines.count == Set(lines).count, "no line twice")
  }

  @Test("keeps one sum for one name with the same dimensions in any order")
  func sameSeries() {
    let registry = MetricsRegistry()
    Counter(label: "n", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
    Counter(label: "n", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
    Counter(label: "n", dimensions: [("b", "1"), ("a", "2")], factory: registry).increment()
    #expect(registry.text().contains(#"n_total{a="1",b="2"} 2"#))
    #expect(registry.text().contains(#"n_total{a="2",b="1"} 1"#))
  }

  @Test("loses nothing when many threads count")
  func concurrent() {
    let registry = MetricsRegistry()
    DispatchQueue.concurrentPerform(iterations: 16) { _ in
      let counter = Counter(label: "n", factory: registry)
      let timer = Metrics.Timer(label: "t", factory: registry)
      for _ in 0..<500 {
        counter.increment()
        timer.recordNanoseconds(1)
      }
    }
    #expect(registry.text().contains("n_total 8000\n"))
    #expect(registry.text().contains("t_seconds_count 8000\n"))
  }

  @Test("has a limit on series, and says how many are missing")
  func limit() {
    let registry = MetricsRegistry()
    for index in 0..<(MetricsRegistry.seriesMax + 3) {
      Counter(label: "n", dimensions: [("i", "\(index)")], factory: registry).increment()
    }
    // A name that is taken by another kind is refused in the same way.
    Metrics.Timer(label: "n", dimensions: [("i", "1")], factory: registry).recordNanoseconds(1)
    let text = registry.text()
    #expect(text.contains("metrics_series_dropped_total 4\n"))
    #expect(text.split(separator: "\n").count { $0.hasPrefix("n_total") }
      == MetricsRegistry.seriesMax)
  }

  @Test("has every limit from the beginning, at zero")
  func limits() {
    let registry = MetricsRegistry()
    let counters = LimitBreachCounters(factory: registry)
    counters.count(.rapidResets)
    let text = registry.text()
    #expect(text.contains(#"rpc_server_limit_breached_total{limit="rapid_resets"} 1"#))
    #expect(text.contains(#"rpc_server_limit_breached_total{limit="pings"} 0"#))
  }
}
