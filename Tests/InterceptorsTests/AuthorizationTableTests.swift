import Contracts
import GRPC
import GRPCServices
import Identity
import Testing

@testable import Interceptors

@Suite("The authorization table")
struct AuthorizationTableTests {
  /// Every method that a listener of this system serves.
  static let served: [MethodDescriptor] =
    Farebox_Auth_V1_AuthService.Method.descriptors
    + Farebox_Accounting_V1_AccountingService.Method.descriptors
    + Farebox_Chat_V1_ChatService.Method.descriptors
    + Farebox_Version_V1_VersionService.Method.descriptors
    + Grpc_Health_V1_Health.Method.descriptors
    + Grpc_Reflection_V1_ServerReflection.Method.descriptors
    + Grpc_Reflection_V1alpha_ServerReflection.Method.descriptors

  static func principal(_ roles: RoleSet) -> Principal {
    Principal(subject: "usr_1", username: "alice", roles: roles, tokenID: "t", expiresAt: 1)
  }

  @Test("Every method of the contracts has a row, and every row is a method of the contracts")
  func coverage() {
    #expect(AuthorizationTable.farebox.methodsWithoutRow(among: Self.served) == [])
    #expect(AuthorizationTable.farebox.paths == Self.served.map(\.path).sorted())
  }

  @Test("A method without a row is denied to everybody")
  func noRow() {
    let method = MethodDescriptor(path: "/farebox.auth.v1.AuthService/DropEverything")
    let rule = AuthorizationTable.farebox.rule(for: method)
    #expect(rule == nil)
    #expect(AuthorizationTable.farebox.methodsWithoutRow(among: [method]) == [method])
    #expect(AuthorizationTable.refusal(of: rule, to: nil) == .noRule)
    let all = Self.principal([.user, .admin, .service, .auditor])
    #expect(AuthorizationTable.refusal(of: rule, to: all) == .noRule)
  }

  /// Who may call what, written down a second time, by caller: nobody, no role, user, admin,
  /// service, auditor. `+` may, `-` may not for want of a role, `?` must say who they are first.
  static let matrix: [(String, String)] = [
    ("farebox.auth.v1.AuthService/Login", "++++++"),
    ("farebox.auth.v1.AuthService/GetKeys", "++++++"),
    ("farebox.auth.v1.AuthService/WhoAmI", "?+++++"),
    ("farebox.auth.v1.AuthService/CreateUser", "?--+--"),
    ("farebox.accounting.v1.AccountingService/AllocateCredits", "?--+--"),
    ("farebox.accounting.v1.AccountingService/AdjustAllocation", "?--+--"),
    ("farebox.accounting.v1.AccountingService/VoidAllocation", "?--+--"),
    ("farebox.accounting.v1.AccountingService/RefundUsage", "?--+--"),
    ("farebox.accounting.v1.AccountingService/RecordUsage", "?---+-"),
    ("farebox.accounting.v1.AccountingService/GetBalance", "?-++++"),
    ("farebox.accounting.v1.AccountingService/CheckCredits", "?-+++-"),
    ("farebox.accounting.v1.AccountingService/QuoteUsage", "?+++++"),
    ("farebox.accounting.v1.AccountingService/DeductCredits", "?--++-"),
    ("farebox.accounting.v1.AccountingService/OpenHold", "?--++-"),
    ("farebox.accounting.v1.AccountingService/SettleHold", "?--++-"),
    ("farebox.accounting.v1.AccountingService/ReleaseHold", "?--++-"),
    ("farebox.accounting.v1.AccountingService/ExtendHold", "?--++-"),
    ("farebox.accounting.v1.AccountingService/GetHold", "?--++-"),
    ("farebox.accounting.v1.AccountingService/ListHolds", "?--++-"),
    ("farebox.accounting.v1.AccountingService/ForceRelease", "?--+--"),
    ("farebox.accounting.v1.AccountingService/SetAccountState", "?--+--"),
    ("farebox.accounting.v1.AccountingService/PutPrice", "?--+--"),
    ("farebox.accounting.v1.AccountingService/ListPrices", "?--+--"),
    ("farebox.accounting.v1.AccountingService/SetBudget", "?--+--"),
    ("farebox.accounting.v1.AccountingService/ListBudgets", "?--+--"),
    ("farebox.accounting.v1.AccountingService/SetBalanceAlerts", "?--+--"),
    ("farebox.accounting.v1.AccountingService/GetBalanceAlerts", "?-++-+"),
    ("farebox.accounting.v1.AccountingService/PutWebhook", "?--+--"),
    ("farebox.accounting.v1.AccountingService/DeleteWebhook", "?--+--"),
    ("farebox.accounting.v1.AccountingService/ListWebhooks", "?--+--"),
    ("farebox.accounting.v1.AccountingService/ListDeliveries", "?--+--"),
    ("farebox.accounting.v1.AccountingService/RedeliverEvent", "?--+--"),
    ("farebox.accounting.v1.AccountingService/ListUsage", "?-++-+"),
    ("farebox.accounting.v1.AccountingService/ExportUsage", "?-++-+"),
    ("farebox.accounting.v1.AccountingService/ListJournal", "?-++-+"),
    ("farebox.accounting.v1.AccountingService/WatchBalance", "?-+++-"),
    ("farebox.accounting.v1.AccountingService/ExplainDecision", "?--+-+"),
    ("farebox.accounting.v1.AccountingService/VerifyLedger", "?--+-+"),
    ("farebox.accounting.v1.AccountingService/BackupJournal", "?--+--"),
    ("farebox.chat.v1.ChatService/Chat", "?-+---"),
    ("farebox.chat.v1.ChatService/ListModels", "?+++++"),
    ("farebox.version.v1.VersionService/GetVersion", "++++++"),
    ("grpc.health.v1.Health/Check", "++++++"),
    ("grpc.health.v1.Health/List", "++++++"),
    ("grpc.health.v1.Health/Watch", "++++++"),
    ("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "++++++"),
    ("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "++++++"),
  ]

  @Test("The matrix of methods and callers holds, through both interceptors", arguments: matrix)
  func matrixRow(method: String, row: String) async {
    let callers: [Principal?] = [
      nil, Self.principal([]), Self.principal([.user]), Self.principal([.admin]),
      Self.principal([.service]), Self.principal([.auditor]),
    ]
    #expect(row.count == callers.count)
    for (caller, verdict) in zip(callers, row) {
      var context = TestCall.context(MethodDescriptor(path: "/\(method)"))
      if let caller { context = context.authenticated(as: caller) }
      let code = await outcome {
        try await TestCall.run([AuthorizationInterceptor()], context) { _ in }
      }
      let expected: [Character: RPCError.Code] = ["-": .permissionDenied, "?": .unauthenticated]
      #expect(code == expected[verdict], "\(method) by \(caller?.description ?? "nobody")")
    }
    #expect(Self.matrix.count == Self.served.count)
  }

  @Test("Paths that only look like a row have no rule")
  func lookalikes() {
    for path in [
      "/farebox.auth.v1.AuthService/login", "/farebox.auth.v1.authservice/Login",
      "/farebox.auth.v1.AuthService/Login ", "/farebox.auth.v1.AuthService/Logi\u{0}n",
    ] {
      #expect(AuthorizationTable.farebox.rule(for: MethodDescriptor(path: path)) == nil)
    }
  }
}

/// The code with which `body` throws; nil when it does not.
func outcome(_ body: () async throws -> Void) async -> RPCError.Code? {
  do {
    try await body()
    return nil
  } catch {
    return RPCError(wrapping: error).code
  }
}
