import ArgumentParser

/// gRPC's interop tests, both sides: foreign clients and servers are tried against the runtime.
@main
struct GRPCInterop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grpc-interop",
    abstract: "gRPC's interop tests: grpc.testing.TestService as a server and as a client.",
    subcommands: [ServerCommand.self, ClientCommand.self])
}
