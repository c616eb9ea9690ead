import ArgumentParser
import Foundation

/// `farebox limits`: what `farebox serve` would go by.
struct LimitsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "Print every limit as it would be in force.",
    discussion: """
      Give the options of "farebox serve". A limit is set by --limit KEY=FIGURE, by its variable, \
      such as FAREBOX_LIMITS_CONNECTIONS_TOTAL, or in the file below "limits".
      """)

  @OptionGroup var options: LimitOptions

  @Option(name: .customLong("config"), help: "A JSON file with settings.")
  var config: String?

  func run() async throws {
    let settings = try await Settings.load(
      flags: try options.flags, file: config,
      environment: ProcessInfo.processInfo.environment, cores: 1)
    print(Self.text(of: settings.limits))
  }

  /// One line for each: key, figure, what can be chosen, what it means.
  static func text(of limits: Limits) -> String {
    let rows = LimitSetting.all.map { setting in
      [
        setting.key, setting.read(limits).map(String.init) ?? "none",
        setting.choice, setting.meaning,
      ]
    }
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        column < 3 ? cell.padding(toLength: widths[column], withPad: " ", startingAt: 0) : cell
      }
      return cells.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

/// `--limit KEY=FIGURE`, any number of times.
struct LimitOptions: ParsableArguments {
  @Option(
    name: .customLong("limit"),
    help: ArgumentHelp(
      "A limit, such as connections.total=5000; \"farebox limits\" lists them.",
      valueName: "key=figure"))
  var limits: [String] = []

  /// The figures by settings key. Throws ``StartupError`` for what is not KEY=FIGURE, or is twice
  /// there.
  var flags: [String: String] {
    get throws {
      var flags: [String: String] = [:]
      for limit in limits {
        let parts = limit.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { throw StartupError("--limit \(limit): is not KEY=FIGURE") }
        guard flags.updateValue(String(parts[1]), forKey: "limits.\(parts[0])") == nil else {
          throw StartupError("--limit \(parts[0]): is there twice")
        }
      }
      return flags
    }
  }
}
