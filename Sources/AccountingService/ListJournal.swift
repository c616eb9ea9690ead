import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

extension Farebox_Accounting_V1_ListJournalRequest: PagedRequest {}

extension AccountingAPI {
  /// Lists journal entries, oldest first. See the contract for refusals.
  public func listJournal(
    request: Farebox_Accounting_V1_ListJournalRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ListJournalResponse {
    let account = try context.scope(
      request.accountID, all: request.allAccounts, orAnyOf: [.admin, .auditor])
    let filters = PageFilters("ListJournal", request, account: account)
    let range = try TimeRange(request.fromTime, request.toTime)
    var kinds: [Change.Kind] = []
    for kind in request.kinds { kinds.append(try kind.checked()) }
    let query = JournalQuery(
      account: account, kinds: kinds, from: range.from, until: range.until,
      afterSeq: try seal.seq(of: request.pageToken, filters),
      limit: try pageSize(request.pageSize, max: LedgerLimits.journalPageMax))
    let page = try await fromArchive { () async throws(ArchiveError) in
      try await ledger.listJournal(query)
    }
    var answer = Farebox_Accounting_V1_ListJournalResponse()
    answer.entries = page.lines.map(Farebox_Accounting_V1_JournalEntry.init)
    answer.nextPageToken = seal.token(afterSeq: page.nextSeq, filters)
    answer.asOfSeq = page.asOfSeq
    return answer
  }
}

extension Farebox_Accounting_V1_EntryKind {
  init(_ kind: Change.Kind) {
    switch kind {
    case .allocated: self = .allocated
    case .debtRepaid: self = .debtRepaid
    case .charged: self = .charged
    case .holdOpened: self = .holdOpened
    case .holdExtended: self = .holdExtended
    case .holdEnded: self = .holdEnded
    case .overCharged: self = .overCharged
    case .allocationExpired: self = .allocationExpired
    case .pricePut: self = .pricePut
    case .accountStateSet: self = .accountStateSet
    case .refused: self = .refused
    case .allocationAdjusted: self = .allocationAdjusted
    case .allocationVoided: self = .allocationVoided
    case .refunded: self = .refunded
    case .budgetSet: self = .budgetSet
    case .budgetPeriodBegan: self = .budgetPeriodBegan
    case .alertsSet: self = .alertsSet
    case .balanceFell: self = .balanceFell
    case .balanceRose: self = .balanceRose
    case .expiryNoticed: self = .expiryNoticed
    }
  }

  /// The ledger's kind; throws for a value that is none.
  fileprivate func checked() throws(RPCError) -> Change.Kind {
    for kind in Change.Kind.allCases where Self(kind) == self { return kind }
    throw .invalidArgument(field: "kinds", description: "\(rawValue) is not a kind of entry")
  }
}

extension Farebox_Accounting_V1_Leg {
  init(_ leg: Ledger.Leg) {
    self.init()
    micros = leg.micros
    switch leg.place {
    case .available(let id): (place, allocationID) = (.available, id.description)
    case .held(let id): (place, allocationID) = (.held, id.description)
    case .issued: place = .issued
    case .spent: place = .spent
    case .expired: place = .expired
    case .debt: place = .debt
    case .uncollected: place = .uncollected
    case .voided: place = .voided
    }
  }
}

extension Farebox_Accounting_V1_JournalEntry {
  init(_ line: JournalLine) {
    self.init(line.entry)
    prevHash = line.previousHash.bytes
    hash = line.hash.bytes
  }

  /// The entry without its place in the hash chain.
  init(_ entry: Ledger.JournalEntry) {
    self.init()
    seq = entry.seq
    time = Google_Protobuf_Timestamp(entry.time)
    kind = Farebox_Accounting_V1_EntryKind(entry.change.kind)
    accountID = entry.account?.name ?? ""
    actor = entry.actor
    legs = entry.change.legs.filter { $0.micros != 0 }.map(Farebox_Accounting_V1_Leg.init)
    keyHash = entry.reply?.key.bytes ?? []
    describe(entry.change)
  }

  private mutating func describe(_ change: Change) {
    switch change {
    case .allocated(let terms):
      subjectID = terms.id.description
    case .charged(let charged):
      describe(charged.usage)
    case .holdOpened(let hold):
      subjectID = hold.id.description
      model = hold.terms.price?.model ?? ""
      sessionID = hold.terms.sessionID
    case .holdEnded(let end):
      if let usage = end.usage { describe(usage) }
      subjectID = end.hold.description
      note = end.reason
    case .holdExtended(let slice):
      subjectID = slice.hold.description
    case .overCharged(let over):
      subjectID = over.usage.description
    case .allocationExpired(let id, _):
      subjectID = id.description
    case .allocationAdjusted(let terms, let reason):
      (subjectID, note) = (terms.id.description, reason)
    case .allocationVoided(let id, _, let reason):
      (subjectID, note) = (id.description, reason)
    case .refunded(let refund):
      (subjectID, note) = (refund.usage.description, refund.reason)
    case .budgetSet(let terms):
      subjectID = terms.id.description
      (model, sessionID) = (terms.model ?? "", terms.sessionID ?? "")
    case .budgetPeriodBegan(let id, _):
      subjectID = id.description
    case .balanceFell(let fall):
      note = "available \(fall.availableMicros), threshold \(fall.thresholdMicros)"
    case .balanceRose(let rise):
      note = "available \(rise.availableMicros)"
    case .expiryNoticed(let notice):
      subjectID = notice.allocation.description
    case .pricePut(let price):
      model = price.model
    case .refused(let command):
      note = "\(command)"
    case .debtRepaid, .alertsSet, .accountStateSet:
      break
    }
  }

  private mutating func describe(_ usage: Ledger.UsageRecord) {
    subjectID = usage.id.description
    model = usage.usage?.model ?? ""
    sessionID = usage.sessionID
  }
}
