import Contracts
import Conversation
import GRPC
import Logging

/// `farebox.chat.v1.ChatService`: answers for callers whose credit covers them.
///
/// Holds no state of a turn; safe from any thread. Reaches accounting only through its gate.
public struct ChatAPI: Farebox_Chat_V1_ChatService.SimpleServiceProtocol {
  let provider: any ModelProvider
  let gate: any CreditGate
  let ids: any TurnIDs
  let logger: Logger

  /// - Parameters:
  ///   - provider: where answers come from.
  ///   - gate: how the credit question is asked.
  ///   - ids: where ids of turns and sessions come from.
  public init(
    provider: any ModelProvider, gate: any CreditGate, ids: any TurnIDs = RandomTurnIDs(),
    logger: Logger
  ) {
    self.provider = provider
    self.gate = gate
    self.ids = ids
    self.logger = logger
  }
}

/// A source of ids that no other turn has.
public protocol TurnIDs: Sendable {
  /// Returns an id of `[A-Za-z0-9_.:-]{1,64}` that was never returned before.
  func next() -> String
}

/// 128 random bits in hexadecimal.
public struct RandomTurnIDs: TurnIDs {
  public init() {}

  public func next() -> String {
    var random = SystemRandomNumberGenerator()
    let text = String(random.next(), radix: 16) + String(random.next(), radix: 16)
    return "t-" + text
  }
}
