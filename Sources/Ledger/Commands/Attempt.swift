/// Who asks for a mutation, and under which key.
///
/// The key is unique per principal and kind of command for ever: the same key with the same command
/// answers as the first time, with another command it is refused.
public struct Attempt: Sendable, Hashable {
  /// The authenticated caller; recorded as the actor.
  public let principal: String
  /// The caller's idempotency key, 1 to ``LedgerLimits/keyBytesMax`` bytes.
  public let key: String
  /// When the caller will have given up: a command that still waits then is not carried out.
  public let deadline: ContinuousClock.Instant?

  public init(principal: String, key: String, deadline: ContinuousClock.Instant? = nil) {
    self.deadline = deadline
    self.principal = principal
    self.key = key
  }
}
