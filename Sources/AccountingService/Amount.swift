import Contracts
import GRPC
import GRPCServices
import Ledger

/// Reads the amounts that requests say in whole credits, micro-credits or tokens.
enum Amount {
  /// Whole credits as micro-credits; throws naming `field` when not 1 to 10^9.
  static func micros(credits: Int64, field: String) throws(RPCError) -> Int64 {
    let (micros, overflow) = credits.multipliedReportingOverflow(by: LedgerLimits.microsPerCredit)
    guard credits >= 1, !overflow, micros <= LedgerLimits.amountMax else {
      throw .invalidArgument(field: field, description: "must be 1 to 1000000000 credits")
    }
    return micros
  }

  /// Micro-credits; throws naming `field` when not 1 to 10^15.
  static func micros(_ micros: Int64, field: String) throws(RPCError) -> Int64 {
    guard (1...LedgerLimits.amountMax).contains(micros) else {
      throw .invalidArgument(
        field: field, description: "must be 1 to \(LedgerLimits.amountMax) micro-credits")
    }
    return micros
  }

  /// The refusal of a request that says no amount: absent is not zero.
  static func missing() -> RPCError {
    .invalidArgument(field: "amount", description: "is required")
  }

  /// Tokens; throws naming the count that is out of range.
  ///
  /// - Parameter allowingNone: whether a usage without tokens is lawful.
  static func usage(
    _ usage: Farebox_Accounting_V1_TokenUsage, field: String = "usage", allowingNone: Bool = false
  ) throws(RPCError) -> TokenUsage {
    try CheckedIdentifier.require(usage.model, field: field + ".model")
    try check(usage.inputTokens, of: field, "input_tokens")
    try check(usage.outputTokens, of: field, "output_tokens")
    try check(usage.cachedInputTokens, of: field, "cached_input_tokens")
    try check(usage.reasoningTokens, of: field, "reasoning_tokens")
    // None is negative.
    let any =
      usage.inputTokens | usage.outputTokens | usage.cachedInputTokens | usage.reasoningTokens
    guard allowingNone || any > 0 else {
      throw .invalidArgument(field: field, description: "must count at least one token")
    }
    return TokenUsage(
      model: usage.model, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens,
      cachedInputTokens: usage.cachedInputTokens, reasoningTokens: usage.reasoningTokens)
  }

  private static func check(_ count: Int64, of field: String, _ name: String) throws(RPCError) {
    guard (0...LedgerLimits.tokensMax).contains(count) else {
      throw .invalidArgument(
        field: field + "." + name, description: "must be 0 to \(LedgerLimits.tokensMax)")
    }
  }
}
