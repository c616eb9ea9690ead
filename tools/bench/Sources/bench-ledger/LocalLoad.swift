import Foundation
import Ledger
import StorageSQLite

/// Lifecycles of holds on a ledger in this process, on files, without RPC.
struct LocalLoad: Sendable {
  private let folder: String
  private let store: TimedStore
  private let ledger: CreditLedger
  private let startSeconds: Double
  /// Sets the keys of this run apart from those of others.
  private let run = String(UInt64.random(in: .min ... .max), radix: 36)

  init(folder: String, accountsInMemory: Int = 100_000, commandsPerCommit: Int = 512) throws {
    self.folder = folder
    let started = ContinuousClock.now
    store = TimedStore(try SQLiteLedgerStore(directory: DataDirectory(path: folder)))
    var configuration = CreditLedger.Configuration.defaults
    configuration.accountsInMemoryMax = accountsInMemory
    configuration.commandsPerCommitMax = commandsPerCommit
    ledger = try CreditLedger(store: store, configuration: configuration)
    startSeconds = (ContinuousClock.now - started) / .seconds(1)
  }

  /// Measures lifecycles.
  func lifecycles(_ shape: LoadShape) async throws -> [String: Any] {
    try await prepare(accounts: shape.accounts)
    let log = await shape.measure(by: CallerThread.only, { number, log in
      await lifecycle(number, accounts: shape.accounts, log)
    }, betweenTimes: store.forget)
    var figures = log.figures
    figures.merge(store.figures) { first, _ in first }
    figures["start_seconds"] = startSeconds
    figures["entries"] = Int(ledger.committedSeq)
    let closing = ContinuousClock.now
    try await ledger.shutDown()
    figures["stop_seconds"] = (ContinuousClock.now - closing) / .seconds(1)
    figures["disk_bytes"] = try diskBytes()
    return figures
  }

  /// Goes on until the journal has so many entries, with as many commands per commit as help.
  func fill(entries: Int, accounts: Int) async throws -> [String: Any] {
    let started = ContinuousClock.now
    try await prepare(accounts: accounts)
    let log = LoadLog()
    let missing = max(0, entries - Int(ledger.committedSeq))
    // Few for a short fill: each may go one lifecycle too far.
    let callers = max(1, min(4_096, missing / 64))
    let each = missing / 2 / callers + 1
    await withTaskGroup(of: Void.self) { group in
      for caller in 0..<callers {
        group.addTask {
          for number in caller * each..<(caller + 1) * each {
            guard ledger.committedSeq < entries else { return }
            await lifecycle(number, accounts: accounts, log)
          }
        }
      }
    }
    let reached = Int(ledger.committedSeq)
    let failures = log.figures["failures"] ?? [:]
    try await ledger.shutDown()
    return [
      "entries": reached, "seconds": (ContinuousClock.now - started) / .seconds(1),
      "failures": failures, "disk_bytes": try diskBytes(),
    ]
  }

  /// Loads every account into memory and tells what each costs.
  func memory(accounts: Int) async throws -> [String: Any] {
    let before = residentBytes()
    for number in 0..<accounts { _ = try await ledger.balance(of: account(number)) }
    let loaded = ledger.accountsInMemory
    let after = residentBytes()
    try await ledger.shutDown()
    return [
      "accounts": loaded, "start_seconds": startSeconds, "base_bytes": before,
      "bytes_per_account": Double(after - before) / Double(max(1, loaded)),
    ]
  }

  /// Puts a price and grants credit; in a folder where that was done, nothing changes.
  private func prepare(accounts: Int) async throws {
    let rates = PriceRates(outputMicrosPerMillion: 15_000_000)
    _ = try await ledger.putPrice(
      PutPrice(model: RemoteLoad.model, rates: rates), by: Attempt(principal: "bench", key: "price")
    ).get()
    try await withThrowingTaskGroup(of: Void.self) { group in
      let granters = min(1_024, accounts)
      for first in 0..<granters {
        group.addTask {
          for number in stride(from: first, to: accounts, by: granters) {
            let grant = AllocateCredits(
              account: account(number), amountMicros: 100_000 * LedgerLimits.microsPerCredit)
            let granting = Attempt(principal: "bench", key: "grant-\(number)")
            _ = try await ledger.allocate(grant, by: granting).get()
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func account(_ number: Int) -> AccountID { AccountID("bench-\(number)") }

  private func attempt(_ key: String) -> Attempt {
    Attempt(principal: "bench", key: "\(run)-\(key)")
  }

  private func lifecycle(_ number: Int, accounts: Int, _ log: LoadLog) async {
    let open = OpenHold(
      account: account(RemoteLoad.scattered(number, accounts)),
      charge: .usage(TokenUsage(model: RemoteLoad.model, outputTokens: 100)))
    let opening = ContinuousClock.now
    let hold: HoldID
    switch await ledger.openHold(open, by: attempt("\(number)-open")) {
    case .success(let receipt): hold = receipt.value.hold.id
    case .failure(let refusal): return log.note(failure: "\(refusal)")
    }
    log.note(callSince: opening)
    let settle = SettleHold(
      hold: hold, charge: .usage(TokenUsage(model: RemoteLoad.model, outputTokens: 60)),
      outcome: .complete)
    let settling = ContinuousClock.now
    switch await ledger.settleHold(settle, by: attempt("\(number)-settle")) {
    case .success(let receipt):
      if receipt.value.usage.chargedMicros != 900 { log.note(failure: "wrong charge") }
    case .failure(let refusal): return log.note(failure: "\(refusal)")
    }
    log.note(callSince: settling)
  }

  private func diskBytes() throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
      sizes[name] = (attributes[.size] as? NSNumber)?.intValue
    }
    return sizes
  }

  private func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
