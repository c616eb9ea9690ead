import Foundation
import GRPC
import Protobuf
import RPCInspect

/// What the shell gets to see.
enum ExitStatus {
  static let success: Int32 = 0
  static let other: Int32 = 1
  static let usage: Int32 = 2

  /// 64 + the status code, so that failures of calls stay apart from those of the shell.
  static func failed(_ code: Status.Code) -> Int32 { 64 + Int32(code.rawValue) }

  /// Ends the process.
  static func leave(with status: Int32) -> Never { exit(status) }

  /// Tells what went wrong and returns the exit status for it.
  static func report(
    _ error: any Error, on console: Console, asJSON: Bool,
    resolver: any TypeResolver = KnownTypes([])
  ) -> Int32 {
    guard let failure = (error as? RPCError).map(ConnectionFlags.explained) else {
      console.complain("Error: \(error)")
      return other
    }
    let text = FailureText(failure, resolver: resolver)
    console.complain(asJSON ? text.json : String(text.text.dropLast()))
    return failed(failure.code)
  }
}
