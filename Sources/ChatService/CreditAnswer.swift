import Contracts
import Conversation
import GRPC
import Protobuf

/// Reads accounting's answers. Pure. Anything but a well-formed yes denies.
enum CreditAnswer {
  /// Reads the answer to CheckCredits.
  static func verdict(
    _ answer: Result<Farebox_Accounting_V1_CheckCreditsResponse, RPCError>, account: String,
    model: String
  ) -> CreditVerdict {
    switch answer {
    case .failure(let error): return .denied(.unavailable(reason: error.description))
    case .success(let answer):
      guard answer.accountID == account else {
        return .denied(.unavailable(reason: "the answer is about another account"))
      }
      switch (answer.decision, answer.sufficient) {
      case (.sufficient, true):
        guard answer.requiredMicros > 0, answer.availableMicros >= answer.requiredMicros,
          answer.shortfallMicros == 0
        else { return .denied(.unavailable(reason: "the answer contradicts itself")) }
        return .sufficient(requiredMicros: answer.requiredMicros)
      case (.unknownModel, false): return .denied(.unknownModel(model: model))
      case (.insufficient, false), (.held, false), (.noAccount, false), (.accountFrozen, false),
        (.accountClosed, false), (.inDebt, false):
        return .denied(insufficient(answer))
      default: return .denied(.unavailable(reason: "the answer is neither yes nor no"))
      }
    }
  }

  /// Reads the answer to OpenHold.
  static func holdVerdict(
    _ answer: Result<Farebox_Accounting_V1_OpenHoldResponse, RPCError>, account: String,
    model: String
  ) -> HoldVerdict {
    switch answer {
    case .failure(let error): return .denied(denial(of: error, model: model))
    case .success(let answer):
      guard let hold = answer.hold, hold.state == .open, !hold.holdID.isEmpty,
        hold.accountID == account, hold.model == model, hold.grantedMicros > 0,
        let tokens = answer.grantedTokens, tokens >= 1
      else { return .denied(.unavailable(reason: "the answer to OpenHold is not an open hold")) }
      return .granted(Grant(holdID: hold.holdID, outputTokens: tokens))
    }
  }

  /// Tells a refusal that accounting meant from a question that was not answered.
  private static func denial(of error: RPCError, model: String) -> Denial {
    guard let info = error.errorInfo, info.domain == "farebox" else {
      return .unavailable(reason: error.description)
    }
    switch (error.code, info.reason) {
    case (.failedPrecondition, "UNKNOWN_MODEL"): return .unknownModel(model: model)
    case (.failedPrecondition, "INSUFFICIENT_CREDITS"), (.failedPrecondition, "IN_DEBT"),
      (.failedPrecondition, "NO_ACCOUNT"), (.failedPrecondition, "ACCOUNT_FROZEN"),
      (.failedPrecondition, "ACCOUNT_CLOSED"):
      let answer = error.detail(Farebox_Accounting_V1_CheckCreditsResponse.self)
      return .insufficient(
        message: error.message, answer: (try? answer?.serializedBytes()) ?? [])
    default: return .unavailable(reason: error.description)
    }
  }

  private static func insufficient(
    _ answer: Farebox_Accounting_V1_CheckCreditsResponse
  ) -> Denial {
    let message = answer.message.isEmpty ? "Insufficient credits" : answer.message
    return .insufficient(message: message, answer: (try? answer.serializedBytes()) ?? [])
  }
}
