import Contracts
import Conversation
import GRPC
import GRPCServices
import Protobuf

/// The one door by which a denial becomes a status.
extension Denial {
  /// What the caller sees. "Not enough" and "could not check" differ in code and reason.
  func rpcError(account: String) -> RPCError {
    switch self {
    case .insufficient(let message, let answer):
      var info = Google_Rpc_ErrorInfo()
      info.reason = "INSUFFICIENT_CREDITS"
      info.domain = "farebox"
      info.metadata = ["account_id": account]
      var packed = Google_Protobuf_Any()
      packed.typeURL =
        "type.googleapis.com/" + Farebox_Accounting_V1_CheckCreditsResponse.schema.name
      packed.value = answer
      let details: [Google_Protobuf_Any?] = [try? .packing(info), packed]
      return RPCError(
        code: .failedPrecondition, message: message, details: details.compactMap { $0 })
    case .unknownModel(let model):
      return RPCError(
        code: .notFound, message: "no price is set for model \"\(model)\"",
        reason: "UNKNOWN_MODEL", domain: "farebox", details: ["model": model])
    case .unavailable:
      // The reason stays in the log: it may name hosts.
      return RPCError(
        code: .unavailable, message: "the credit check is unavailable, so the request was denied",
        reason: "CREDIT_CHECK_UNAVAILABLE", domain: "farebox")
    }
  }

  /// The denial in words, for the log.
  var label: String {
    switch self {
    case .insufficient: "insufficient"
    case .unknownModel(let model): "unknown model \(model)"
    case .unavailable(let reason): "unavailable: \(reason)"
    }
  }
}
