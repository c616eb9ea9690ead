import Contracts
import GRPC
import GRPCServices
import Ledger
import Testing

@testable import AccountingService

@Suite struct BudgetAPITests {
  private typealias Fixture = AccountingFixture
  private typealias SetBudget = Farebox_Accounting_V1_SetBudgetRequest

  @Test("a budget stops what credit would pay, names itself, and is listed with what counts")
  func budget() async throws {
    try await Fixture.run { fixture in
      var set = SetBudget()
      set.idempotencyKey = "b1"
      set.accountID = "u"
      set.limitMicros = 100
      set.window = .rolling(.init(.seconds(3_600)))
      set.sessionID = "s"
      let budget = try await fixture.client.setBudget(set, metadata: Fixture.admin)
      #expect(budget.budget?.remainingMicros == 100 && budget.budget?.mode == .enforce)
      try await fixture.allocate(1_000, to: "u", key: "k")
      var check = Farebox_Accounting_V1_CheckCreditsRequest()
      check.amount = .creditMicros(101)
      check.sessionID = "s"
      let answer = try await fixture.client.checkCredits(check, metadata: Fixture.caller("u"))
      #expect(!answer.sufficient && answer.decision == .budgetExceeded)
      #expect(answer.tightestBudget?.budgetID == budget.budget?.budgetID)
      #expect(answer.shortfallMicros == 1)
      check.sessionID = "other"
      let other = try await fixture.client.checkCredits(check, metadata: Fixture.caller("u"))
      #expect(other.sufficient && other.tightestBudget == nil)

      var open = Farebox_Accounting_V1_OpenHoldRequest()
      open.idempotencyKey = "hold"
      open.accountID = "u"
      open.sessionID = "s"
      open.amount = .creditMicros(101)
      let asked = open
      let refused = await failure {
        try await fixture.client.openHold(asked, metadata: Fixture.service)
      }
      #expect(refused?.code == .failedPrecondition && refused?.reason == "BUDGET_EXCEEDED")
      open.idempotencyKey = "smaller"
      open.amount = .creditMicros(60)
      _ = try await fixture.client.openHold(open, metadata: Fixture.service)
      var list = Farebox_Accounting_V1_ListBudgetsRequest()
      list.accountID = "u"
      let listed = try await fixture.client.listBudgets(list, metadata: Fixture.admin)
      #expect(listed.budgets.map(\.heldMicros) == [60])
      #expect(listed.budgets.map(\.remainingMicros) == [40])

      set.idempotencyKey = "b2"
      set.budgetID = budget.budget?.budgetID ?? ""
      set.sessionID = ""
      set.mode = .off
      _ = try await fixture.client.setBudget(set, metadata: Fixture.admin)
      let none = try await fixture.client.listBudgets(list, metadata: Fixture.admin)
      #expect(none.budgets.isEmpty)
    }
  }

  @Test("unlawful budgets are refused by field")
  func refusals() async throws {
    try await Fixture.run { fixture in
      func calendar(_ zone: String, _ period: Farebox_Accounting_V1_CalendarPeriod = .day)
        -> Farebox_Accounting_V1_CalendarWindow
      {
        var calendar = Farebox_Accounting_V1_CalendarWindow()
        calendar.zone = zone
        calendar.period = period
        return calendar
      }
      let rows: [(field: String, (inout SetBudget) -> Void)] = [
        ("limit_micros", { $0.limitMicros = nil }), ("limit_micros", { $0.limitMicros = -1 }),
        ("limit_micros", { $0.limitMicros = .max }), ("account_id", { $0.accountID = "" }),
        ("budget_id", { $0.budgetID = "x" }), ("model", { $0.model = "no blanks" }),
        ("rolling", { $0.window = .rolling(.init(.seconds(59))) }),
        ("calendar.zone", { $0.window = .calendar(calendar("Mars/Base")) }),
        ("calendar.period", { $0.window = .calendar(calendar("UTC", .unspecified)) }),
        ("mode", { $0.mode = .off }), ("mode", { $0.mode = .UNRECOGNIZED(7) }),
        ("session_id", { $0.sessionID = String(repeating: "s", count: 65) }),
      ]
      for (field, edit) in rows {
        var request = SetBudget()
        request.idempotencyKey = "k"
        request.accountID = "u"
        request.limitMicros = 1
        edit(&request)
        let asked = request
        let refused = await failure {
          try await fixture.client.setBudget(asked, metadata: Fixture.admin)
        }
        #expect(refused?.code == .invalidArgument && refused?.field == field, "\(field)")
      }
    }
  }

  @Test("every version of every price stays readable, page by page")
  func prices() async throws {
    try await Fixture.run { fixture in
      for number in 0..<5 {
        var put = Farebox_Accounting_V1_PutPriceRequest()
        put.idempotencyKey = "p\(number)"
        var price = Farebox_Accounting_V1_Price()
        price.model = number < 3 ? "m" : "n"
        price.perCallMicros = Int64(number)
        put.price = price
        _ = try await fixture.client.putPrice(put, metadata: Fixture.admin)
      }
      var list = Farebox_Accounting_V1_ListPricesRequest()
      list.pageSize = 2
      var fees: [Int64] = []
      repeat {
        let page = try await fixture.client.listPrices(list, metadata: Fixture.admin)
        fees += page.prices.map(\.perCallMicros)
        list.pageToken = page.nextPageToken
      } while !list.pageToken.isEmpty
      #expect(fees == [0, 1, 2, 3, 4])
      list.model = "n"
      list.pageSize = 0
      let page = try await fixture.client.listPrices(list, metadata: Fixture.admin)
      #expect(page.prices.map(\.perCallMicros) == [3, 4])
      list.pageToken = "forged"
      let forged = list
      let refused = await failure {
        try await fixture.client.listPrices(forged, metadata: Fixture.admin)
      }
      #expect(refused?.field == "page_token")
    }
  }

  @Test("the machine's calendar knows the days that a zone makes longer or shorter")
  func zones() {
    let calendar = SystemCalendar()
    #expect(calendar.knows(zone: "Europe/Berlin") && calendar.knows(zone: "UTC"))
    #expect(!calendar.knows(zone: "Mars/Base") && !calendar.knows(zone: ""))
    // 2026-03-29 and 2026-10-25 in Berlin, a Monday's week and a month; seconds since the epoch.
    let rows: [(Ledger.CalendarPeriod, Int64, start: Int64, hours: Int64)] = [
      (.day, 1_774_778_400, 1_774_738_800, 23), (.day, 1_792_922_400, 1_792_879_200, 25),
      (.week, 1_774_778_400, 1_774_220_400, 167), (.month, 1_774_778_400, 1_772_319_600, 743),
    ]
    for (period, instant, start, hours) in rows {
      let found = calendar.period(
        period, containing: LedgerTime(microseconds: instant * 1_000_000 + 7),
        zone: "Europe/Berlin")
      #expect(found.lowerBound.microseconds == start * 1_000_000, "\(period) of \(instant)")
      #expect(found.upperBound.microseconds == (start + hours * 3_600) * 1_000_000)
    }
    for period in Ledger.CalendarPeriod.allCases {
      for instant in stride(from: Int64(1_700_000_000), to: 1_800_000_000, by: 7_654_321) {
        let time = LedgerTime(microseconds: instant * 1_000_000)
        let ours = UTCCalendar().period(period, containing: time, zone: "UTC")
        #expect(calendar.period(period, containing: time, zone: "UTC") == ours)
      }
    }
  }
}
