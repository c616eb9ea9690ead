import Contracts
import GRPC
import GRPCServices
import Ledger
import LedgerConformance

// What callers were told, against the journal.

extension World {
  /// A command was answered with yes.
  func judge(_ spoken: Spoken, to operation: Operation) {
    guard let reply = judge.reply(to: operation.digest) else {
      return simulator.fail("I3: \(operation.title) was acknowledged and is not in the journal")
    }
    guard case .success(let answer) = reply.outcome, reply.seq == spoken.seq,
      Words.answer(answer) == spoken.words
    else {
      return simulator.fail(
        "\(operation.title) was answered\n  \(spoken.words) at \(spoken.seq)\n  the journal has "
          + "\(Self.words(reply.outcome)) at \(reply.seq)")
    }
    guard reply.command == operation.command else {
      return simulator.fail("I5: \(operation.command) became \(reply.command)")
    }
    if !spoken.isReplayed {
      operation.firstAnswers += 1
      // A copy that the network made has no caller.
      if operation.firstAnswers > 1 {
        return simulator.fail("I5: \(operation.title) was carried out twice, it was said")
      }
    }
    simulator.history.count(spoken.isReplayed ? "answer: told again" : "answer: told first")
    note(operation, spoken.words)
  }

  /// A command was refused for good.
  func judge(_ words: String, refusing operation: Operation, at moment: Moment?) {
    if words.contains("ANSWER_NOT_KEPT") { return judgeOldAnswer(of: operation, at: moment) }
    guard let reply = judge.reply(to: operation.digest) else {
      return simulator.fail("\(operation.title) was refused, \(words), without a trace")
    }
    guard case .failure(let refusal) = reply.outcome, Words.refusal(refusal) == words else {
      return simulator.fail(
        "\(operation.title) was refused, \(words); the journal has \(Self.words(reply.outcome))")
    }
    simulator.history.count("refusal: \(words)")
    note(operation, words)
  }

  /// A command was refused for now.
  func judge(_ error: RPCError, putting operation: Operation, off isOnlyCopy: Bool) {
    let reason = error.errorInfo?.reason ?? ""
    simulator.history.count("passing: \(error.code) \(reason)")
    guard isOnlyCopy, operation.copies == 1, Words.saysNothingHappened(reason),
      judge.reply(to: operation.digest) != nil
    else { return }
    simulator.fail("I10: \(operation.title) was told \(reason), and it happened")
  }

  /// The last entry that somebody was told of.
  var acknowledgedSeq: Int64 {
    operations.filter { $0.answer != nil }.compactMap { judge.reply(to: $0.digest)?.seq }.max() ?? 0
  }

  /// A copy of the journal was handed out as whole.
  func judge(copy head: JournalHead, endingAt last: Int64?, knowing: Int64, at moment: Moment?) {
    guard let last, let moment, knowing <= last, last <= moment.seq, head.seq == last else {
      return simulator.fail(
        "a copy of \(head.seq) entries, said to end at \(last ?? -1), when \(knowing) were known")
    }
    do {
      let row = try disk.journal.storedEntries(afterSeq: last - 1, limit: 1).first
      guard last == 0 || row?.hash == head.hash else {
        return simulator.fail("a copy ends with another entry \(last) than the journal has")
      }
    } catch {
      return simulator.fail("\(error)")
    }
    simulator.history.count("backup: told")
  }

  private func judgeOldAnswer(of operation: Operation, at moment: Moment?) {
    guard let reply = judge.reply(to: operation.digest), let moment,
      moment.time >= reply.time.adding(LedgerLimits.answerLife)
    else { return simulator.fail("\(operation.title): an answer was forgotten too early") }
    simulator.history.count("refusal: ANSWER_NOT_KEPT")
    simulator.note("\(operation.title) is too old to be told")
  }

  private func note(_ operation: Operation, _ words: String) {
    if let first = operation.answer, first != words {
      return simulator.fail("I6: \(operation.title) said \(words), before \(first)")
    }
    operation.answer = words
    simulator.note("\(operation.title): \(words)")
  }

  private static func words(_ outcome: Result<Answer, Refusal>) -> String {
    switch outcome {
    case .success(let answer): Words.answer(answer)
    case .failure(let refusal): "\(refusal)"
    }
  }

  // MARK: Questions

  /// A credit question was answered: yes only when it was covered.
  func judge(
    _ answer: Farebox_Accounting_V1_CheckCreditsResponse, at moment: Moment?,
    _ question: (account: AccountID, charge: Charge, session: String)
  ) {
    guard let moment, answer.asOfSeq <= moment.seq else {
      return simulator.fail("an answer of \(answer.asOfSeq), ahead of the journal")
    }
    let expected = judge.decisions(
      about: question.account, question.charge, session: question.session,
      asOf: answer.asOfSeq...moment.seq, at: moment.time)
    let found =
      "\(answer.decision), \(answer.availableMicros) free, \(answer.shortfallMicros) missing"
    guard expected.contains(found), answer.sufficient == (answer.decision == .sufficient) else {
      return simulator.fail(
        "check of \(question) as of \(answer.asOfSeq) at \(moment.time.microseconds): \(found), "
          + "expected \(expected)")
    }
    simulator.history.count("check: \(answer.decision)")
    simulator.note("check of \(question.account): \(found)")
  }

  /// A balance was told.
  func judge(
    _ balance: Farebox_Accounting_V1_Balance?, asOf seq: Int64, of account: AccountID,
    at moment: Moment?
  ) {
    guard let moment, let balance, seq <= moment.seq else {
      return simulator.fail("a balance of \(seq), ahead of the journal")
    }
    let found = [balance.availableMicros, balance.heldMicros, balance.debtMicros]
    let expected = [moment.firstTime, moment.time].flatMap { time in
      judge.balances(of: account, asOf: seq...moment.seq, at: time)
    }
    guard expected.contains(found) else {
      return simulator.fail(
        "balance of \(account) as of \(seq) at \(moment.time.microseconds): \(found), expected "
          + "\(expected)")
    }
    simulator.note("balance of \(account): \(found)")
  }
}
