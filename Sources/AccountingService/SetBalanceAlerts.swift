import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

extension AccountingAPI {
  /// Sets what is told of an account's balance. See the contract for effect and refusals.
  public func setBalanceAlerts(
    request: Farebox_Accounting_V1_SetBalanceAlertsRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_SetBalanceAlertsResponse {
    let command = try Ledger.SetBalanceAlerts(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.setBalanceAlerts(command, by: attempt)
    let receipt = try outcome.orThrow(account: command.account)
    var answer = Farebox_Accounting_V1_SetBalanceAlertsResponse()
    answer.thresholds = receipt.value.thresholds.map(Farebox_Accounting_V1_AlertThreshold.init)
    answer.expiryLeads = receipt.value.leads.map(Google_Protobuf_Duration.init)
    answer.balance = Farebox_Accounting_V1_Balance(receipt.value.balance, of: command.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}

extension AccountingAPI {
  /// Shows what is told of an account's balance. See the contract for refusals.
  public func getBalanceAlerts(
    request: Farebox_Accounting_V1_GetBalanceAlertsRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_GetBalanceAlertsResponse {
    let account = try context.account(request.accountID, orAnyOf: [.admin, .auditor])
    let alerts: BalanceAlerts?
    let seq: Int64
    do throws(Refusal) {
      (alerts, seq) = try await ledger.alerts(of: account)
    } catch {
      throw error.rpcError(account: account)
    }
    var answer = Farebox_Accounting_V1_GetBalanceAlertsResponse()
    answer.thresholds = (alerts?.thresholds ?? []).map(Farebox_Accounting_V1_AlertThreshold.init)
    answer.expiryLeads = (alerts?.leads ?? []).map(Google_Protobuf_Duration.init)
    answer.asOfSeq = seq
    return answer
  }
}

extension Ledger.SetBalanceAlerts {
  fileprivate init(_ request: Farebox_Accounting_V1_SetBalanceAlertsRequest) throws(RPCError) {
    var leads: [Duration] = []
    for lead in request.expiryLeads {
      guard let lead = try Instant.duration(lead, field: "expiry_leads") else { continue }
      leads.append(lead)
    }
    self.init(
      account: AccountID(request.accountID), thresholdsMicros: request.thresholdMicros,
      leads: leads)
  }
}

extension Farebox_Accounting_V1_AlertThreshold {
  fileprivate init(_ threshold: BalanceAlerts.Threshold) {
    self.init()
    thresholdMicros = threshold.micros
    armed = threshold.isArmed
  }
}
