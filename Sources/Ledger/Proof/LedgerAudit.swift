/// Examines a journal from its first entry on and keeps books of its own.
///
/// Shares the stored form with the ledger, but none of the code that decides or carries out:
/// ```
///   row --chain, time, form--> entry --AuditBooks--> accounts --compare--> live state
/// ```
/// Keeps all grants, the open holds and half of each key's digest in memory: about 50 bytes for
/// each command ever carried out.
public struct LedgerAudit {
  /// The head after the last entry that is in order.
  public private(set) var head: JournalHead
  public private(set) var counts = LedgerCounts()
  /// Nil when the audit starts in the middle and only looks at the entries themselves.
  private var books: AuditBooks?
  private var keys: Set<UInt128> = []

  /// Starts before the first entry.
  public init() {
    head = .empty
    books = AuditBooks()
  }

  /// Starts in the middle: examines chain, order, form and legs, and keeps no books.
  public init(after head: JournalHead) {
    self.head = head
    books = head.seq == 0 ? AuditBooks() : nil
  }

  /// Starts behind `head`, the first entry too: examines what entries say for themselves, and keeps
  /// no books.
  public init(chainOnlyAfter head: JournalHead) {
    self.head = head
    books = nil
  }

  /// Examines the next row. After it has thrown, the audit is over.
  public mutating func examine(_ row: StoredEntry) throws(LedgerBreak) {
    guard row.seq == head.seq + 1 else {
      throw LedgerBreak(
        .sequence, seq: head.seq + 1, what: "journal seq", expected: "\(head.seq + 1)",
        found: "\(row.seq)")
    }
    let hash = SealedEntry.hash(
      seq: row.seq, time: row.time, account: row.account, payload: row.payload, after: head.hash)
    guard hash == row.hash else {
      throw LedgerBreak(
        .hashChain, seq: row.seq, what: "journal hash", expected: hash.hexadecimal,
        found: row.hash.hexadecimal)
    }
    guard row.time >= head.time else {
      throw LedgerBreak(
        .time, seq: row.seq, what: "journal time_us",
        expected: "at least \(head.time.microseconds)", found: "\(row.time.microseconds)")
    }
    let entry = try decode(row)
    try requireBalanced(entry)
    try note(entry)
    try books?.post(entry)
    head = JournalHead(seq: row.seq, time: row.time, hash: hash)
  }

  /// Examines what can only be judged at the end of the journal.
  public func finish() throws(LedgerBreak) {
    try books?.finish()
  }

  /// The accounts that the journal speaks of.
  public var accounts: some Collection<AccountID> {
    (books?.accounts ?? [:]).keys
  }

  /// How a live account differs from what the journal says; nil when it does not.
  ///
  /// Call it when the last examined entry about the account is the one that it stands for.
  public func difference(of account: Account) -> LedgerBreak? {
    guard let books else { return nil }
    return books.difference(of: account)
  }

  private func decode(_ row: StoredEntry) throws(LedgerBreak) -> JournalEntry {
    let entry: JournalEntry
    do {
      entry = try row.decoded()
    } catch {
      throw LedgerBreak(
        .form, seq: row.seq, what: "journal payload", expected: "a journal entry",
        found: error.description)
    }
    let kind = Int64(entry.change.kind.rawValue)
    guard kind == row.kind else {
      throw LedgerBreak(
        .form, seq: row.seq, what: "journal kind", expected: "\(kind)", found: "\(row.kind)")
    }
    return entry
  }

  private func requireBalanced(_ entry: JournalEntry) throws(LedgerBreak) {
    let sum = entry.change.legs.reduce(Int128(0)) { $0 + Int128($1.micros) }
    guard sum == 0 else {
      throw LedgerBreak(
        .legs, seq: entry.seq, what: "sum of the legs", expected: "0", found: "\(sum)")
    }
  }

  private mutating func note(_ entry: JournalEntry) throws(LedgerBreak) {
    counts.entries += 1
    if let reply = entry.reply {
      guard keys.insert(reply.key.firstHalf).inserted else {
        throw LedgerBreak(
          .keyOnce, seq: entry.seq, what: "key \(reply.key.hexadecimal)",
          expected: "used by one command", found: "used again")
      }
      counts.keys += 1
    }
    switch entry.change {
    case .allocated: counts.allocations += 1
    case .holdOpened:
      counts.holds += 1
      counts.openHolds += 1
    case .holdEnded(let end):
      counts.openHolds -= 1
      if end.usage != nil { counts.charges += 1 }
    case .charged: counts.charges += 1
    case .refused: counts.refusals += 1
    default: break
    }
    if let books, let account = entry.account, books.accounts[account] == nil,
      entry.change.kind != .refused
    {
      counts.accounts += 1
    }
  }
}

extension Digest {
  /// The digest as 64 hexadecimal digits.
  public var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads 64 hexadecimal digits; nil for anything else.
  public init?(hexadecimal text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 2 * Self.byteCount else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Character(UnicodeScalar(digits[index])).hexDigitValue,
        let low = Character(UnicodeScalar(digits[index + 1])).hexDigitValue
      else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    self.init(bytes: bytes)
  }

  /// The first 16 bytes: enough to tell keys apart.
  fileprivate var firstHalf: UInt128 {
    withBytes { $0.loadUnaligned(fromByteOffset: 0, as: UInt128.self) }
  }
}
