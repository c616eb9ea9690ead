import Foundation

/// Loads a ledger and prints what was measured as one JSON object: see ``help``.
///
/// Exits with 0 when it measured, whatever the figures; `failures` counts failed lifecycles.
@main
enum BenchLedger {
  static let help = """
    usage: bench-ledger lifecycles HOST:PORT --token TOKEN [--prefix NAME] [--connections N] [LOAD]
           bench-ledger in-process FOLDER [--per-commit N] [LOAD]
           bench-ledger fill FOLDER --entries N [--accounts N]
           bench-ledger memory FOLDER --accounts N

    lifecycles  OpenHold and SettleHold over RPC against an accounting service; grants the credit
                itself (the token must be an administrator's)
    in-process  the same on the ledger itself and its files in FOLDER, without RPC
    fill        makes lifecycles until the journal in FOLDER has so many entries
    memory      loads accounts that `fill` or `in-process` made, and tells what each costs

    LOAD  --accounts N (10000; 1 is a hot account)  --callers N (128 one after the other)
          --rate LIFECYCLES_PER_SECOND (offered, instead of callers)
          --seconds S (10)  --warm-up S (2)

    Prints one JSON object. Times are in milliseconds {p50, p99, p999, max}: lifecycle_ms of both
    calls together, with a rate from when they were to begin; call_ms of each. failures counts by
    code and must be empty. In-process also commit_ms of each commit, commit_gap_ms from one to the
    next, start_seconds of opening the files, disk_bytes by file.

    """

  /// Keeps its thread, unlike an async one: valgrind can count its instructions then.
  static func main() {
    Task.detached { await work() }
    end.wait()
  }

  private static let end = DispatchSemaphore(value: 0)

  private static func work() async {
    var arguments = CommandLine.arguments.dropFirst()
    let mode = arguments.popFirst()
    if mode == "--help" || mode == "-h" {
      print(help, terminator: "")
      exit(0)
    }
    do {
      let figures = try await run(mode, try Options(arguments))
      let data = try JSONSerialization.data(
        withJSONObject: figures, options: [.prettyPrinted, .sortedKeys])
      print(String(decoding: data, as: UTF8.self))
      exit(0)
    } catch let error as UsageError {
      fail("bench-ledger: \(error.description)\n\n\(help)", code: 64)
    } catch {
      fail("bench-ledger: \(error)\n", code: 1)
    }
  }

  private static func run(_ mode: String?, _ given: Options) async throws -> [String: Any] {
    var options = given
    if mode == "lifecycles" {
      let load = try RemoteLoad(&options)
      try options.finish()
      return try await load.figures()
    }
    guard options.words.count == 1 else { throw UsageError("say what to do, and one FOLDER") }
    let folder = options.words[0]
    switch mode {
    case "in-process":
      let perCommit = try options.number("per-commit", 512)
      let shape = try LoadShape(&options)
      try options.finish()
      return try await LocalLoad(folder: folder, commandsPerCommit: perCommit).lifecycles(shape)
    case "fill":
      let entries = try options.number("entries", 10_000)
      let accounts = try options.number("accounts", 10_000)
      try options.finish()
      return try await LocalLoad(folder: folder, commandsPerCommit: 4_096)
        .fill(entries: entries, accounts: accounts)
    case "memory":
      let accounts = try options.number("accounts", 10_000)
      try options.finish()
      return try await LocalLoad(folder: folder, accountsInMemory: accounts + 10)
        .memory(accounts: accounts)
    default: throw UsageError("unknown: \(mode ?? "nothing to do")")
    }
  }

  private static func fail(_ text: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data(text.utf8))
    exit(code)
  }
}
