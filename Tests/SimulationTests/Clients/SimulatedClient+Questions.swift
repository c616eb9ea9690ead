import Contracts
import GRPC
import GRPCServices
import Ledger
import LedgerConformance

extension SimulatedClient {
  func check() async {
    let question = world.randomQuestion()
    var request = Farebox_Accounting_V1_CheckCreditsRequest()
    request.accountID = question.account.name
    request.sessionID = question.session
    switch question.charge {
    case .micros(let micros): request.amount = .creditMicros(micros)
    case .usage(let usage): request.amount = .usage(Said.usage(usage))
    }
    let box = MomentBox()
    do {
      let answer = try await client { box.moment = $0 }.checkCredits(request, metadata: caller)
      world.judge(answer, at: box.moment, question)
    } catch {
      noteUnanswered("check", error)
    }
  }

  func askBalance(of account: AccountID? = nil) async {
    let account = account ?? world.randomQuestion().account
    var request = Farebox_Accounting_V1_GetBalanceRequest()
    request.accountID = account.name
    let box = MomentBox()
    do {
      let answer = try await client { box.moment = $0 }.getBalance(request, metadata: caller)
      world.judge(answer.balance, asOf: answer.asOfSeq, of: account, at: box.moment)
      simulator.history.count("balance: told")
    } catch {
      noteUnanswered("balance", error)
    }
  }

  /// Copies the journal, as an operator does, and compares it with the one on the disk.
  func copyJournal() async {
    let known = world.acknowledgedSeq
    var audit = LedgerAudit(chainOnlyAfter: .empty)
    var last: Int64?
    let box = MomentBox()
    do {
      let parts = client { box.moment = $0 }.backupJournal(.init(), metadata: caller)
      for try await part in parts {
        guard last ?? part.lastSeq == part.lastSeq else {
          return simulator.fail("a copy ends at \(last ?? 0) and at \(part.lastSeq)")
        }
        last = part.lastSeq
        for entry in part.entries { try audit.examine(StoredEntry(entry)) }
      }
      world.judge(copy: audit.head, endingAt: last, knowing: known, at: box.moment)
    } catch let found as LedgerBreak {
      simulator.fail("a copy is broken: \(found)")
    } catch {
      noteUnanswered("backup", error)
    }
  }

  private func noteUnanswered(_ question: String, _ error: any Error) {
    let error = RPCError(wrapping: error)
    let reason = error.errorInfo?.reason ?? ""
    simulator.history.count("\(question): \(error.code) \(reason)")
    guard Words.isPassing(error.code, reason) else {
      return simulator.fail("a \(question) failed with \(error)")
    }
  }

  /// Follows an account's balance, again after each break, until he is cancelled.
  func watch(_ account: AccountID) async {
    while !Task.isCancelled, simulator.failure == nil {
      var request = Farebox_Accounting_V1_WatchBalanceRequest()
      request.accountID = account.name
      let box = MomentBox()
      let transport = SimulatedTransport(
        world: world, client: name, timeout: milliseconds(5_000...60_000),
        onAnswer: { box.moment = $0 })
      let client = AccountingClient(wrapping: GRPCClient(transport: transport))
      var last: Int64 = -1
      do {
        for try await change in client.watchBalance(request, metadata: caller) {
          guard change.seq > last else {
            return simulator.fail("a watch told \(change.seq) after \(last)")
          }
          last = change.seq
          world.judge(change.balance, asOf: change.seq, of: account, at: box.moment)
          simulator.history.count("watch: told")
        }
      } catch {
        noteUnanswered("watch", error)
      }
      await simulator.sleep(for: milliseconds(10...1_000))
    }
  }
}

extension StoredEntry {
  fileprivate init(_ entry: Farebox_Accounting_V1_StoredEntry) throws {
    guard let hash = Digest(bytes: entry.hash) else {
      throw Breach("the hash of entry \(entry.seq) has \(entry.hash.count) bytes")
    }
    self.init(
      seq: entry.seq, time: LedgerTime(microseconds: entry.timeMicros),
      account: entry.accountID.map { AccountID($0) }, kind: entry.kind, payload: entry.payload,
      hash: hash)
  }
}

/// Holds the moment of an answer until its caller looks at it.
///
/// Unchecked: it belongs to the simulation's thread.
final class MomentBox: @unchecked Sendable {
  var moment: Moment?
}
