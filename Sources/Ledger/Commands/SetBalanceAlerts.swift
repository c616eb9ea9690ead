/// Sets what is told of an account's balance, in place of what was set before; opens the account on
/// first use.
public struct SetBalanceAlerts: Sendable, Hashable {
  public var account: AccountID
  /// Amounts of available credit in micro-credits, 0 to ``LedgerLimits/amountMax``, distinct, at
  /// most ``LedgerLimits/alertThresholdsMax``, in any order.
  public var thresholdsMicros: [Int64]
  /// How long before an allocation expires it is told: whole seconds, distinct, at most
  /// ``LedgerLimits/alertLeadsMax``, each ``LedgerLimits/alertLeadMin`` to
  /// ``LedgerLimits/alertLeadMax``.
  public var leads: [Duration]

  public init(account: AccountID, thresholdsMicros: [Int64] = [], leads: [Duration] = []) {
    self.account = account
    self.thresholdsMicros = thresholdsMicros
    self.leads = leads
  }
}

/// The answer to ``SetBalanceAlerts``.
public struct SetBalanceAlertsAnswer: Sendable {
  /// The thresholds as they stand, highest first.
  public let thresholds: [BalanceAlerts.Threshold]
  /// The leads, longest first.
  public let leads: [Duration]
  /// The account after it.
  public let balance: Balance
}

extension SetBalanceAlerts {
  var invalidField: InvalidField? {
    if let invalid = checkAccount(account) { return invalid }
    guard thresholdsMicros.count <= LedgerLimits.alertThresholdsMax,
      Set(thresholdsMicros).count == thresholdsMicros.count,
      thresholdsMicros.allSatisfy({ (0...LedgerLimits.amountMax).contains($0) })
    else {
      return InvalidField(
        field: "threshold_micros", reason: "must be at most 8 distinct amounts of 0 to 10^15")
    }
    let lawful = LedgerLimits.alertLeadMin...LedgerLimits.alertLeadMax
    guard leads.count <= LedgerLimits.alertLeadsMax, Set(leads).count == leads.count,
      leads.allSatisfy({ lawful.contains($0) && $0.components.attoseconds == 0 })
    else {
      return InvalidField(
        field: "expiry_leads", reason: "must be at most 4 distinct whole seconds, 60 to 31622400")
    }
    return nil
  }
}

extension CreditLedger {
  /// Sets what is told of an account's balance.
  public func setBalanceAlerts(_ command: SetBalanceAlerts, by attempt: Attempt) async
    -> Result<Receipt<SetBalanceAlertsAnswer>, Refusal>
  {
    await submit(.setBalanceAlerts(command), by: attempt).map { receipt in
      receipt.map { if case .alertsSet(let answer) = $0 { answer } else { nil } }
    }
  }

  /// What is told of an account's balance, as it stands now; nil when nothing is. Throws as
  /// ``balance(of:)``.
  public func alerts(
    of id: AccountID
  ) async throws(Refusal) -> (alerts: BalanceAlerts?, asOfSeq: Int64) {
    let seq = committedSeq
    return (try await snapshot(of: id)?.account(at: now).alerts, seq)
  }
}
