/// Which events to list.
public struct EventQuery: Sendable, Hashable {
  /// Nil means of every account.
  public var account: AccountID?
  /// Only of these kinds; empty means all.
  public var kinds: [LedgerEvent.Kind]
  /// Only events after this journal entry.
  public var afterSeq: Int64
  /// Only events up to this journal entry.
  public var throughSeq: Int64
  /// 1...``LedgerLimits/eventPageMax``.
  public var limit: Int

  public init(
    account: AccountID? = nil, kinds: [LedgerEvent.Kind] = [], afterSeq: Int64 = 0,
    throughSeq: Int64 = .max, limit: Int = 100
  ) {
    precondition((1...LedgerLimits.eventPageMax).contains(limit), "a page of unlawful size")
    self.account = account
    self.kinds = kinds
    self.afterSeq = afterSeq
    self.throughSeq = throughSeq
    self.limit = limit
  }

  /// Whether an event is asked for, its page aside.
  func includes(_ event: LedgerEvent) -> Bool {
    event.id.seq > afterSeq && event.id.seq <= throughSeq
      && (kinds.isEmpty || kinds.contains(event.kind)) && event.account == account ?? event.account
  }
}

extension CreditLedger {
  /// Lists the ids of events, oldest first, with every one acknowledged before the call.
  public func listEvents(_ query: EventQuery) async throws(ArchiveError) -> [EventID] {
    do {
      return try await store.listEvents(query, includingSeq: committedSeq)
    } catch {
      throw .store(error)
    }
  }

  /// An event, read from its journal entry; nil when the entry is none or is not there.
  public func event(_ id: EventID) async throws(ArchiveError) -> LedgerEvent? {
    guard id.seq <= committedSeq else { return nil }
    let store = store
    return try await archive.read {
      let row = try store.storedEntries(afterSeq: id.seq - 1, limit: 1).first
      return try row.flatMap { LedgerEvent(try $0.decoded()) }
    }
  }
}
