extension AuthorizationTable {
  /// The one table of this system. A test holds it against the contracts, in both directions.
  public static let farebox = AuthorizationTable([
    // Who may log in is decided by the password.
    ("/farebox.auth.v1.AuthService/Login", .open),
    // Public keys are public.
    ("/farebox.auth.v1.AuthService/GetKeys", .open),
    ("/farebox.auth.v1.AuthService/WhoAmI", .anyAuthenticated),
    ("/farebox.auth.v1.AuthService/CreateUser", .roles([.admin])),

    ("/farebox.accounting.v1.AccountingService/AllocateCredits", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/AdjustAllocation", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/VoidAllocation", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/RefundUsage", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/RecordUsage", .roles([.service])),
    (
      "/farebox.accounting.v1.AccountingService/GetBalance",
      .selfOr([.admin, .service, .auditor])
    ),
    ("/farebox.accounting.v1.AccountingService/CheckCredits", .selfOr([.admin, .service])),
    ("/farebox.accounting.v1.AccountingService/QuoteUsage", .anyAuthenticated),
    ("/farebox.accounting.v1.AccountingService/DeductCredits", .roles([.service, .admin])),
    ("/farebox.accounting.v1.AccountingService/OpenHold", .roles([.service, .admin])),
    ("/farebox.accounting.v1.AccountingService/SettleHold", .roles([.service, .admin])),
    ("/farebox.accounting.v1.AccountingService/ReleaseHold", .roles([.service, .admin])),
    ("/farebox.accounting.v1.AccountingService/ExtendHold", .roles([.service, .admin])),
    ("/farebox.accounting.v1.AccountingService/GetHold", .roles([.service, .admin])),
    ("/farebox.accounting.v1.AccountingService/ListHolds", .roles([.service, .admin])),
    ("/farebox.accounting.v1.AccountingService/ForceRelease", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/SetAccountState", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/PutPrice", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/ListPrices", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/SetBudget", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/ListBudgets", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/SetBalanceAlerts", .roles([.admin])),
    (
      "/farebox.accounting.v1.AccountingService/GetBalanceAlerts", .selfOr([.admin, .auditor])
    ),
    ("/farebox.accounting.v1.AccountingService/PutWebhook", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/DeleteWebhook", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/ListWebhooks", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/ListDeliveries", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/RedeliverEvent", .roles([.admin])),
    ("/farebox.accounting.v1.AccountingService/ListUsage", .selfOr([.admin, .auditor])),
    ("/farebox.accounting.v1.AccountingService/ExportUsage", .selfOr([.admin, .auditor])),
    ("/farebox.accounting.v1.AccountingService/ListJournal", .selfOr([.admin, .auditor])),
    ("/farebox.accounting.v1.AccountingService/WatchBalance", .selfOr([.admin, .service])),
    ("/farebox.accounting.v1.AccountingService/ExplainDecision", .roles([.auditor, .admin])),
    ("/farebox.accounting.v1.AccountingService/VerifyLedger", .roles([.auditor, .admin])),
    // All that anybody ever did, in one piece: auditors look, and keep none of it.
    ("/farebox.accounting.v1.AccountingService/BackupJournal", .roles([.admin])),

    // Always for the caller's own account: the requests name none.
    ("/farebox.chat.v1.ChatService/Chat", .roles([.user])),
    ("/farebox.chat.v1.ChatService/ListModels", .anyAuthenticated),

    // What anybody who can connect may know.
    ("/farebox.version.v1.VersionService/GetVersion", .open),
    ("/grpc.health.v1.Health/Check", .open),
    ("/grpc.health.v1.Health/List", .open),
    ("/grpc.health.v1.Health/Watch", .open),
    ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", .open),
    ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", .open),
  ])
}
