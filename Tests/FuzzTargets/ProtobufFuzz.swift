import Contracts
import GRPCServices
import Protobuf

/// Every message type that a stranger can send: what decodes can be encoded, and means the same.
package enum ProtobufFuzz {
  /// The types by number; an input names one in its first byte. Only ever appended to, so that the
  /// corpus keeps its meaning.
  package static let types: [any Message.Type] = [
    Farebox_Auth_V1_LoginRequest.self,
    Farebox_Auth_V1_GetKeysRequest.self,
    Farebox_Auth_V1_WhoAmIRequest.self,
    Farebox_Auth_V1_CreateUserRequest.self,
    Farebox_Accounting_V1_AllocateCreditsRequest.self,
    Farebox_Accounting_V1_GetBalanceRequest.self,
    Farebox_Accounting_V1_CheckCreditsRequest.self,
    Farebox_Accounting_V1_QuoteUsageRequest.self,
    Farebox_Accounting_V1_DeductCreditsRequest.self,
    Farebox_Accounting_V1_RecordUsageRequest.self,
    Farebox_Accounting_V1_OpenHoldRequest.self,
    Farebox_Accounting_V1_ExtendHoldRequest.self,
    Farebox_Accounting_V1_SettleHoldRequest.self,
    Farebox_Accounting_V1_ReleaseHoldRequest.self,
    Farebox_Accounting_V1_ForceReleaseRequest.self,
    Farebox_Accounting_V1_GetHoldRequest.self,
    Farebox_Accounting_V1_ListHoldsRequest.self,
    Farebox_Accounting_V1_AdjustAllocationRequest.self,
    Farebox_Accounting_V1_VoidAllocationRequest.self,
    Farebox_Accounting_V1_RefundUsageRequest.self,
    Farebox_Accounting_V1_ListUsageRequest.self,
    Farebox_Accounting_V1_ListJournalRequest.self,
    Farebox_Accounting_V1_ExportUsageRequest.self,
    Farebox_Accounting_V1_WatchBalanceRequest.self,
    Farebox_Accounting_V1_PutPriceRequest.self,
    Farebox_Accounting_V1_ListPricesRequest.self,
    Farebox_Accounting_V1_SetBudgetRequest.self,
    Farebox_Accounting_V1_ListBudgetsRequest.self,
    Farebox_Accounting_V1_SetAccountStateRequest.self,
    Farebox_Accounting_V1_VerifyLedgerRequest.self,
    Farebox_Accounting_V1_ExplainDecisionRequest.self,
    Farebox_Chat_V1_ChatRequest.self,
    Farebox_Chat_V1_ListModelsRequest.self,
    Farebox_Version_V1_GetVersionRequest.self,
    Grpc_Health_V1_HealthCheckRequest.self,
    Grpc_Health_V1_HealthListRequest.self,
    Grpc_Reflection_V1_ServerReflectionRequest.self,
    Grpc_Reflection_V1alpha_ServerReflectionRequest.self,
    // What servers send, and our client and debugging tool read.
    Google_Rpc_Status.self,
    Google_Rpc_BadRequest.self,
    Grpc_Reflection_V1_ServerReflectionResponse.self,
    Google_Protobuf_FileDescriptorProto.self,
    Google_Protobuf_Struct.self,
    Farebox_Accounting_V1_SetBalanceAlertsRequest.self,
    Farebox_Accounting_V1_GetBalanceAlertsRequest.self,
    Farebox_Accounting_V1_PutWebhookRequest.self,
    Farebox_Accounting_V1_DeleteWebhookRequest.self,
    Farebox_Accounting_V1_ListWebhooksRequest.self,
    Farebox_Accounting_V1_ListDeliveriesRequest.self,
    Farebox_Accounting_V1_RedeliverEventRequest.self,
    Farebox_Accounting_V1_BackupJournalRequest.self,
    // What `farebox ledger backup` reads from whoever answers at the address.
    Farebox_Accounting_V1_BackupJournalResponse.self,
  ]

  static func run(_ input: inout FuzzInput) throws(BrokenProperty) {
    let type = types[Int(input.byte()) % types.count]
    try roundTrip(type, input.rest)
  }

  private static func roundTrip<M: Message>(
    _ type: M.Type, _ bytes: UnsafeRawBufferPointer
  ) throws(BrokenProperty) {
    guard let message = try? M(serializedBytes: bytes) else { return }
    let again: [UInt8]
    let decoded: M
    do {
      again = try message.serializedBytes()
      decoded = try M(serializedBytes: again, limits: .trusted)
    } catch {
      throw BrokenProperty(description: "\(M.self) decodes and cannot be encoded: \(error)")
    }
    // Written twice it is the same bytes: values that are not equal to themselves, such as NaN,
    // are compared by what stands on the wire.
    let thrice = try? decoded.serializedBytes()
    try BrokenProperty.require(thrice == again, "\(M.self) changes when it is written again")
  }
}
