import ArgumentParser
import GRPC
import GRPCTransport

/// `grpc-interop client`: runs cases against a server and says for each how it went.
struct ClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client",
    abstract: "Runs interop cases against a server.",
    discussion: """
      Cases: \(InteropCase.all.map(\.name).joined(separator: ", ")).

      Cases that need an HTTP/2 server of their own, which all leaves out: \
      \(NegativeCases.all.map(\.name).joined(separator: ", ")).

      Cases that need a server with --max-concurrent-streams 2, which all leaves out as well: \
      \(ScalingCases.all.map(\.name).joined(separator: ", ")) (two names of the same).

      The spellings of the published clients, such as --server_port, work too. Exit status: 0 when \
      all cases passed, 1 when one failed, 64 when the command line is wrong.
      """)

  @Option(name: [.long, .customLong("server_host")], help: "The server's address.")
  var host = "127.0.0.1"

  @Option(name: [.long, .customLong("server_port")], help: "The server's port.")
  var port: Int

  @Flag(name: [.long, .customLong("use_tls")], help: "Speak TLS.")
  var tls = false

  @Option(
    help: ArgumentHelp(
      "Authorities to trust (PEM), instead of those of the system; needs --tls.",
      valueName: "file"))
  var ca: String?

  @Option(
    name: [.long, .customLong("server_host_override")],
    help: "The name that the server's certificate bears, when it is not the host; needs --tls.")
  var serverName: String?

  @Option(
    name: [.long, .customLong("test_case")],
    help: ArgumentHelp("The case to run, or all.", valueName: "name"))
  var testCase = "all"

  @Option(help: "Seconds that one case may take.")
  var caseTimeout = 60

  @Option(name: [.long, .customLong("soak_iterations")], help: "Calls of a soak case.")
  var soakIterations = 10

  @Option(
    name: [.long, .customLong("soak_max_failures")],
    help: "Calls of a soak case that may fail or be too slow.")
  var soakMaxFailures = 0

  @Option(
    name: [.long, .customLong("soak_per_iteration_max_acceptable_latency_ms")],
    help: "Milliseconds that a call of a soak case may take.")
  var soakLatencyMaxMs = 1000

  @Option(help: "Milliseconds between the calls of long_lived_channel.")
  var soakPauseMs = 200

  func validate() throws {
    guard (1...65535).contains(port) else { throw ValidationError("--port is 1 to 65535") }
    guard tls || (ca == nil && serverName == nil) else {
      throw ValidationError("--ca and --server-name need --tls")
    }
    guard testCase == "all" || InteropCase.named(testCase) != nil else {
      throw ValidationError("there is no case \(testCase); --help lists them")
    }
    guard (1...86_400).contains(caseTimeout), (1...1_000_000).contains(soakIterations),
      soakMaxFailures >= 0, soakLatencyMaxMs > 0, soakPauseMs >= 0
    else { throw ValidationError("times and counts must be positive, and not beyond all measure") }
  }

  func run() async throws {
    let cases = InteropCase.named(testCase).map { [$0] } ?? InteropCase.all
    let clientTLS =
      tls
      ? try ClientTLS(trust: ca.map { .authorityFile($0) } ?? .systemRoots, serverName: serverName)
      : nil
    var failed = 0
    for interopCase in cases {
      let failure = await failure(of: interopCase, clientTLS)
      Console().print("\(interopCase.name): " + (failure.map { "FAILED: \($0)" } ?? "passed"))
      if failure != nil { failed += 1 }
    }
    if failed > 0 { throw ExitCode.failure }
  }

  /// Runs a case on a channel of its own; nil when it passed.
  private func failure(
    of interopCase: InteropCase, _ clientTLS: ClientTLS?
  ) async -> (any Error)? {
    let setting = CaseSetting(target: .tcp(host: host, port: port), tls: clientTLS, soak: soak)
    do {
      // Bounds every call of the case, so that a server that does not answer fails it.
      try await Deadline.$current.withValue(Deadline(after: .seconds(caseTimeout))) {
        try await interopCase.run(setting)
      }
      await setting.close()
      return nil
    } catch {
      await setting.close()
      return error
    }
  }

  private var soak: SoakBudget {
    SoakBudget(
      iterations: soakIterations, failuresMax: soakMaxFailures,
      latencyMax: .milliseconds(soakLatencyMaxMs), pause: .milliseconds(soakPauseMs))
  }
}
