extension MetricsRegistry {
  /// Everything in the text format of Prometheus, version 0.0.4, names in order.
  ///
  /// Dots become underscores; counters end in `_total`, times are in seconds and end in `_seconds`.
  public func text() -> String {
    let (instruments, dropped) = snapshot()
    var lines: [String] = []
    var previous = ""
    let ordered = instruments.sorted { ($0.key.name, $0.key.text) < ($1.key.name, $1.key.text) }
    for (series, instrument) in ordered {
      let name = Self.name(series.name, instrument)
      if name != previous {
        lines.append("# TYPE \(name) \(Self.kind(instrument))")
        previous = name
      }
      Self.write(instrument, name, series, &lines)
    }
    lines.append("# TYPE metrics_series_dropped_total counter")
    lines.append("metrics_series_dropped_total \(dropped)")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func name(_ label: String, _ instrument: Instrument) -> String {
    let plain = legal(label)
    switch instrument {
    case .counter: return plain.hasSuffix("_total") ? plain : plain + "_total"
    case .gauge: return plain
    case .histogram(let cell): return cell.scale == .times ? plain + "_seconds" : plain
    }
  }

  /// Letters, digits and underscores, not beginning with a digit.
  fileprivate static func legal(_ name: String) -> String {
    let text = String(
      decoding: name.utf8.map { byte -> UInt8 in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          byte
        default: UInt8(ascii: "_")
        }
      }, as: UTF8.self)
    return text.first.map { $0.isNumber ? "_" + text : text } ?? "_"
  }

  private static func kind(_ instrument: Instrument) -> String {
    switch instrument {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }

  private static func write(
    _ instrument: Instrument, _ name: String, _ series: Series, _ lines: inout [String]
  ) {
    switch instrument {
    case .counter(let cell): lines.append("\(name)\(series.labels()) \(cell.value)")
    case .gauge(let cell): lines.append("\(name)\(series.labels()) \(cell.value)")
    case .histogram(let cell):
      let content = cell.value
      let unit = cell.scale == .times ? 1e9 : 1
      var count = 0
      for (bound, inClass) in zip(cell.scale.bounds.map { "\($0 / unit)" } + ["+Inf"],
        content.counts)
      {
        count += inClass
        lines.append("\(name)_bucket\(series.labels(le: bound)) \(count)")
      }
      lines.append("\(name)_sum\(series.labels()) \(content.sum / unit)")
      lines.append("\(name)_count\(series.labels()) \(count)")
    }
  }
}

extension MetricsRegistry.Series {
  /// The dimensions, to order by.
  fileprivate var text: String { labels() }

  /// `{name="value",…}`, or nothing.
  fileprivate func labels(le bound: String? = nil) -> String {
    var parts = dimensions.map { dimension in
      "\(MetricsRegistry.legal(dimension.name))=\"\(Self.escaped(dimension.value))\""
    }
    if let bound { parts.append("le=\"\(bound)\"") }
    return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n")
  }
}
