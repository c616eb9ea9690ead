import ArgumentParser
import RPCInspect

/// The debug client: lists, describes and calls the methods of any gRPC server.
@main
struct RPCurl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rpcurl",
    abstract: "Lists, describes and calls the methods of any gRPC server.",
    usage: """
      rpcurl [<flags>] <host:port> list [<service>]
      rpcurl [<flags>] <host:port> describe [<symbol>]
      rpcurl [<flags>] <host:port> <package.Service/Method>
      rpcurl [<flags>] -protoset <file> list|describe [<symbol>]
      """,
    discussion: """
      Long flags may be written with one dash, as in grpcurl: -plaintext, -max-time 5. The server \
      is asked for its contracts by reflection (v1, else v1alpha) unless -protoset gives them.

      Exit status: 0 when all went well, 64 + status code when a call failed, 2 when the command \
      line is wrong, 1 for anything else.
      """)

  @OptionGroup(title: "Connection") var connection: ConnectionFlags
  @OptionGroup(title: "Request") var request: RequestFlags
  @OptionGroup(title: "Output") var output: OutputFlags

  @Argument(
    help: ArgumentHelp(
      "Address and what to do there.", discussion: "See the usage above.", valueName: "words"))
  var words: [String] = []

  static func main() async {
    let console = Console()
    let command: RPCurl
    let instruction: Instruction
    do {
      command = try RPCurl.parse(FlagSpelling.normalized(Array(CommandLine.arguments.dropFirst())))
      instruction = try Instruction(
        words: command.words, hasProtoset: !command.connection.protosets.isEmpty)
    } catch let error as UsageError {
      console.complain("Error: \(error)\nSee 'rpcurl --help'.")
      ExitStatus.leave(with: ExitStatus.usage)
    } catch {
      let text = RPCurl.fullMessage(for: error)
      guard RPCurl.exitCode(for: error).isSuccess else {
        console.complain(text)
        ExitStatus.leave(with: ExitStatus.usage)
      }
      console.print(text)
      ExitStatus.leave(with: ExitStatus.success)
    }
    ExitStatus.leave(with: await command.carryOut(instruction, console: console))
  }

  /// Does what was asked for and returns the exit status.
  func carryOut(_ instruction: Instruction, console: Console) async -> Int32 {
    do {
      let session = try Session(command: self, instruction: instruction, console: console)
      let status = try await session.run(instruction)
      await session.close()
      return status
    } catch let error as UsageError {
      console.complain("Error: \(error)\nSee 'rpcurl --help'.")
      return ExitStatus.usage
    } catch {
      return ExitStatus.report(error, on: console, asJSON: output.formatError)
    }
  }
}
