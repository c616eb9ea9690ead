/// Rebuilds the ledger's state from its journal: for a store that starts, and for a check.
public struct LedgerReplay: Sendable {
  private var state: LedgerState
  private var hash: Digest

  /// Starts from what the tables showed at `loaded.head`; from nothing for a whole rebuild.
  ///
  /// - Parameter isWhole: whether `loaded` has every account; else ``hold(only:absent:)`` brings in
  ///   those that the next entries are about.
  public init(from loaded: LoadedState = LoadedState(head: .empty), isWhole: Bool = true) {
    state = LedgerState(loaded, isWhole: isWhole)
    hash = loaded.head.hash
  }

  /// Carries out the next stored entry, and returns its decoded form and the rows it touched.
  ///
  /// Throws when the entry does not continue the hash chain or cannot be read.
  public mutating func apply(
    seq: Int64, time: LedgerTime, account: AccountID?, payload: [UInt8], hash expected: Digest
  ) throws(StoreError) -> (entry: JournalEntry, rows: [LedgerRow]) {
    guard seq == state.head.seq + 1 else {
      throw .corrupted("journal entry \(seq) follows entry \(state.head.seq)")
    }
    let found = SealedEntry.hash(
      seq: seq, time: time, account: account, payload: payload, after: hash)
    guard found == expected else {
      throw .corrupted("journal entry \(seq) does not continue the hash chain")
    }
    let entry: JournalEntry
    do {
      entry = try JournalEntry(seq: seq, time: time, account: account, payload: payload)
    } catch {
      throw .corrupted("journal entry \(seq): \(error)")
    }
    let rows = state.replay(entry)
    hash = found
    return (entry, rows)
  }

  /// Takes accounts in, as the entries so far left them, and forgets all others.
  ///
  /// - Parameter absent: accounts that do not exist yet.
  public mutating func hold(only accounts: [Account], absent: Set<AccountID>) {
    state.hold(only: accounts, absent: absent)
  }

  /// The last entry that was carried out.
  public var head: JournalHead {
    JournalHead(seq: state.head.seq, time: state.head.time, hash: hash)
  }

  /// The state after the entries so far.
  public var loaded: LoadedState {
    LoadedState(
      head: head, accounts: Array(state.accounts.values), prices: state.prices.allVersions,
      outputs: state.outputs.remembered)
  }
}
