/// Which holds to list.
public struct HoldQuery: Sendable, Hashable {
  /// Nil means of every account.
  public var account: AccountID?
  /// Nil means in every state.
  public var state: HoldState?
  /// Nil means of every session.
  public var sessionID: String?
  /// Only holds that were opened after this journal entry: the cursor of the page before.
  public var afterSeq: Int64
  /// 1...``LedgerLimits/holdPageMax``.
  public var limit: Int

  public init(
    account: AccountID? = nil, state: HoldState? = nil, sessionID: String? = nil,
    afterSeq: Int64 = 0, limit: Int = 100
  ) {
    precondition((1...LedgerLimits.holdPageMax).contains(limit), "a page of unlawful size")
    self.account = account
    self.state = state
    self.sessionID = sessionID
    self.afterSeq = afterSeq
    self.limit = limit
  }

  /// Whether a hold belongs on the pages.
  public func matches(_ hold: Hold) -> Bool {
    hold.id.seq > afterSeq && hold.terms.account == account ?? hold.terms.account
      && hold.state == state ?? hold.state
      && hold.terms.sessionID == sessionID ?? hold.terms.sessionID
  }
}

/// One page of holds, in the order in which they were opened.
public struct HoldPage: Sendable {
  public let holds: [Hold]
  /// The cursor of the next page; nil when there is none.
  public let nextSeq: Int64?
  /// The page includes every journal entry up to this one.
  public let asOfSeq: Int64

  /// Makes a page of the first matches, of which one more than `limit` says that there are others.
  public init(first matches: [Hold], limit: Int, asOfSeq: Int64) {
    holds = Array(matches.prefix(limit))
    nextSeq = matches.count > limit ? holds.last?.id.seq : nil
    self.asOfSeq = asOfSeq
  }

  private init(holds: [Hold], nextSeq: Int64?, asOfSeq: Int64) {
    self.holds = holds
    self.nextSeq = nextSeq
    self.asOfSeq = asOfSeq
  }

  /// The same page with each hold shown otherwise.
  func map(_ body: (Hold) -> Hold) -> HoldPage {
    HoldPage(holds: holds.map(body), nextSeq: nextSeq, asOfSeq: asOfSeq)
  }
}
