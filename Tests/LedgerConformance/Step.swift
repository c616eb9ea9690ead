import Ledger

/// One step of a list of commands.
///
/// Steps are numbered 10, 20, 30… The ids in a step's commands are names, not ids of the ledger:
/// `HoldID(seq: 30)` is the hold that step 30 opened, whatever the ledger called it. So a list
/// keeps its meaning when steps are struck from it; the name of something that was never made
/// names nothing.
public struct Step: Sendable {
  public let number: Int64
  public let action: Action

  public init(_ number: Int64, _ action: Action) {
    self.number = number
    self.action = action
  }
}

/// What is done in a step.
public enum Action: Sendable {
  /// Moves the wall clock, also back.
  case clock(Int64)
  case command(Command)
  /// A command that is sent twice at once under one key.
  case twice(Command)
  /// A command that breaks a limit of its fields.
  case unlawful(Command)
  /// A command whose caller gave up before it is looked at.
  case late(Command)
  /// RecordUsage: up to nine charges.
  case batch([DeductCredits])
  /// The same command many times, each under its own key.
  case fill(Command, count: Int)
  /// What step so-and-so sent, sent again.
  case retry(Int64)
  /// Another command under the key that step so-and-so used.
  case otherBody(Int64)
  /// A step's retry, so often at once that the queue overflows.
  case overload(Int64)
  case check(AccountID, Charge, session: String)
  case sweep
  case verify
  case restart
  /// A command whose commit fails, before or after it took effect; restart, and a retry.
  case crash(Command, isKept: Bool)

  static let names = [
    "clock", "command", "twice", "unlawful", "late", "batch", "fill", "retry", "otherBody",
    "overload", "check", "sweep", "verify", "restart", "crash",
  ]

  var name: String {
    switch self {
    case .clock: "clock"
    case .command: "command"
    case .twice: "twice"
    case .unlawful: "unlawful"
    case .late: "late"
    case .batch: "batch"
    case .fill: "fill"
    case .retry: "retry"
    case .otherBody: "otherBody"
    case .overload: "overload"
    case .check: "check"
    case .sweep: "sweep"
    case .verify: "verify"
    case .restart: "restart"
    case .crash: "crash"
    }
  }
}

extension Action {
  /// Whether the ledger may have written something.
  var mayWrite: Bool {
    switch self {
    case .clock, .check, .verify, .restart, .unlawful, .late, .otherBody, .retry, .overload: false
    case .command, .twice, .batch, .fill, .sweep, .crash: true
    }
  }
}
