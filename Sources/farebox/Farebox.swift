import ArgumentParser

/// The server and the operator's tool.
@main
struct Farebox: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "farebox",
    abstract: "Prepaid-credit control for AI services.",
    version: BuildVersion.number,
    subcommands: [ServeCommand.self, UserCommand.self, LedgerCommand.self, LimitsCommand.self])
}
