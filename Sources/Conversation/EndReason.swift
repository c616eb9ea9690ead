/// Why an answer ended.
public enum EndReason: Sendable, Hashable, CaseIterable {
  /// The answer is whole.
  case complete
  /// The caller stopped it or went away.
  case cancelled
  /// The last paid token was delivered.
  case exhausted
  /// Accounting was lost in mid-stream.
  case unreachable
  /// The model's provider failed.
  case providerError
}
