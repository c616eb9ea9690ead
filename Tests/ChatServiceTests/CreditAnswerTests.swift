import Contracts
import Conversation
import GRPC
import GRPCServices
import Testing

@testable import ChatService

private typealias Check = Farebox_Accounting_V1_CheckCreditsResponse
private typealias Open = Farebox_Accounting_V1_OpenHoldResponse

/// An answer that says yes in every field.
private func yes() -> Check {
  var answer = Check()
  answer.accountID = "u"
  answer.sufficient = true
  answer.decision = .sufficient
  answer.requiredMicros = 10
  answer.availableMicros = 100
  return answer
}

/// An open hold that buys three tokens.
private func hold() -> Open {
  var answer = Open()
  var hold = Farebox_Accounting_V1_Hold()
  hold.holdID = "h7"
  hold.accountID = "u"
  hold.state = .open
  hold.model = "m"
  hold.grantedMicros = 10
  answer.hold = hold
  answer.grantedTokens = 3
  return answer
}

private func edited<Value>(_ value: Value, _ edit: (inout Value) -> Void) -> Value {
  var copy = value
  edit(&copy)
  return copy
}

private func verdict(_ answer: Result<Check, RPCError>) -> CreditVerdict {
  CreditAnswer.verdict(answer, account: "u", model: "m")
}

private func holdVerdict(_ answer: Result<Open, RPCError>) -> HoldVerdict {
  CreditAnswer.holdVerdict(answer, account: "u", model: "m")
}

@Suite struct CreditAnswerTests {
  @Test("only a well-formed yes is a yes")
  func wellFormed() {
    #expect(verdict(.success(yes())) == .sufficient(requiredMicros: 10))
    #expect(holdVerdict(.success(hold())) == .granted(Grant(holdID: "h7", outputTokens: 3)))
  }

  @Test("every status code denies as unavailable", arguments: 1...16)
  func everyCode(code: Int) throws {
    let error = RPCError(code: try #require(Status.Code(rawValue: code)), message: "x")
    for denial in [verdict(.failure(error)).denial, holdVerdict(.failure(error)).denial] {
      guard case .unavailable = denial else {
        Issue.record("\(code) gave \(String(describing: denial))")
        continue
      }
    }
  }

  @Test("an answer that contradicts itself denies as unavailable")
  func contradictions() {
    let broken: [(String, Check)] = [
      ("empty", Check()),
      ("another account", edited(yes()) { $0.accountID = "other" }),
      ("no account", edited(yes()) { $0.accountID = "" }),
      ("sufficient without a decision", edited(yes()) { $0.decision = .unspecified }),
      ("a decision without sufficient", edited(yes()) { $0.sufficient = false }),
      ("a decision of tomorrow", edited(yes()) { $0.decision = .UNRECOGNIZED(99) }),
      ("nothing required", edited(yes()) { $0.requiredMicros = 0 }),
      ("less available than required", edited(yes()) { $0.availableMicros = 9 }),
      ("a shortfall", edited(yes()) { $0.shortfallMicros = 1 }),
      ("insufficient but sufficient", edited(yes()) { $0.decision = .insufficient }),
    ]
    for (name, answer) in broken {
      guard case .denied(.unavailable) = verdict(.success(answer)) else {
        Issue.record("\(name) was not denied as unavailable")
        continue
      }
    }
  }

  @Test("every no of accounting is an insufficient credit that the caller can read")
  func noes() throws {
    let decisions: [Farebox_Accounting_V1_Decision] = [
      .insufficient, .held, .noAccount, .accountFrozen, .accountClosed, .inDebt,
    ]
    for decision in decisions {
      let answer = edited(yes()) {
        $0.sufficient = false
        $0.decision = decision
        $0.message = "no: \(decision)"
      }
      guard case .denied(.insufficient(let message, let bytes)) = verdict(.success(answer)) else {
        Issue.record("\(decision) was not a no")
        continue
      }
      #expect(message == "no: \(decision)")
      #expect(try Check(serializedBytes: bytes) == answer)
    }
    let unknown = edited(yes()) { $0.sufficient = false; $0.decision = .unknownModel }
    #expect(verdict(.success(unknown)) == .denied(.unknownModel(model: "m")))
  }

  @Test("an answer that is not an open hold of ours denies as unavailable")
  func brokenHolds() {
    let broken: [(String, Open)] = [
      ("empty", Open()),
      ("settled", edited(hold()) { $0.hold?.state = .settled }),
      ("no id", edited(hold()) { $0.hold?.holdID = "" }),
      ("another account", edited(hold()) { $0.hold?.accountID = "other" }),
      ("another model", edited(hold()) { $0.hold?.model = "other" }),
      ("nothing granted", edited(hold()) { $0.hold?.grantedMicros = 0 }),
      ("no tokens", edited(hold()) { $0.grantedTokens = nil }),
      ("zero tokens", edited(hold()) { $0.grantedTokens = 0 }),
      ("negative tokens", edited(hold()) { $0.grantedTokens = -1 }),
    ]
    for (name, answer) in broken {
      guard case .denied(.unavailable) = holdVerdict(.success(answer)) else {
        Issue.record("\(name) was not denied as unavailable")
        continue
      }
    }
  }

  @Test("a refusal that accounting meant is told apart from a failure")
  func meantRefusals() {
    for reason in ["INSUFFICIENT_CREDITS", "IN_DEBT", "NO_ACCOUNT", "ACCOUNT_FROZEN"] {
      let error = RPCError(
        code: .failedPrecondition, message: reason, reason: reason, domain: "farebox")
      guard case .denied(.insufficient) = holdVerdict(.failure(error)) else {
        Issue.record("\(reason) was not a no")
        continue
      }
    }
    let foreign = RPCError(
      code: .failedPrecondition, message: "", reason: "INSUFFICIENT_CREDITS", domain: "proxy")
    guard case .denied(.unavailable) = holdVerdict(.failure(foreign)) else {
      Issue.record("another system's reason was believed")
      return
    }
  }

  @Test("the caller can tell not enough from could not check")
  func statuses() {
    let no = Denial.insufficient(message: "Insufficient credits", answer: []).rpcError(account: "u")
    #expect(no.code == .failedPrecondition && no.errorInfo?.reason == "INSUFFICIENT_CREDITS")
    #expect(no.detail(Check.self) != nil)
    let unknown = Denial.unavailable(reason: "10.0.0.7 refused").rpcError(account: "u")
    #expect(unknown.code == .unavailable)
    #expect(unknown.errorInfo?.reason == "CREDIT_CHECK_UNAVAILABLE")
    #expect(!unknown.message.contains("10.0.0.7"), "hosts stay in the log")
  }
}

extension CreditVerdict {
  fileprivate var denial: Denial? { if case .denied(let denial) = self { denial } else { nil } }
}

extension HoldVerdict {
  fileprivate var denial: Denial? { if case .denied(let denial) = self { denial } else { nil } }
}
