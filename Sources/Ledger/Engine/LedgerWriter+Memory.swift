// Which accounts are in memory, and in which form.
//
// ```
//              a command, or a question                     used by none of the last so many
//   in store ----------------------------------> unpacked ---------------------------------> packed
//     ^  ^                                        |    ^                                      |   |
//     |  +----- only when all are unpacked -------+    +---- a command, or many questions ----+   |
//     +-------------------------- memory is full: the one packed first -----------------------+
// ```
// Commands are decided on unpacked accounts. One that is packed costs a fraction of the memory, and
// a question about it the unpacking; otherwise it is to the decisions as if it were not in memory.

extension LedgerWriter {
  /// How many accounts that were only asked about may stay as they are when others must leave or
  /// be packed, at once.
  private static let secondChancesMax = 64

  /// Sees to it that these accounts are in memory and unpacked, as far as they exist, and not too
  /// many others. Stands in the way of a batch: what it does is bounded by what the batch needs.
  func bringIn(
    _ needed: [AccountID], for work: WriterWork, _ state: inout LedgerState, at time: LedgerTime
  ) throws(StoreError) {
    // In the order in which they are named: who was used last must not depend on chance.
    var missing: [AccountID] = []
    var isMissing: Set<AccountID> = []
    for id in needed {
      if !state.use(id), !isMissing.contains(id), !unpack(id, &state, at: time) {
        isMissing.insert(id)
        missing.append(id)
      }
    }
    if missing.isEmpty && state.accounts.count <= limits.unpackedMax {
      return state.admit([], absent: [], at: time)
    }
    // Whoever gets a second chance becomes newer than the needed. No more may than can stay beside
    // them: with one more, a needed one would be the oldest before enough have left.
    let room = min(limits.accountsMax, limits.unpackedMax) - Set(needed).count
    var chances = min(Self.secondChancesMax, room)
    if missing.isEmpty {
      state.admit([], absent: [], at: time)
    } else {
      let loaded = try store.load(LoadRequest(accounts: missing)).accounts
      let absent = isMissing.subtracting(loaded.map(\.id))
      try makeRoom(for: loaded.count + newcomers(work, absent), &chances, &state)
      state.admit(loaded, absent: absent, at: time)
      for account in loaded {
        guard let admitted = state.accounts[account.id] else { continue }
        board.publish(admitted)
      }
    }
    pack(&chances, &state)
  }

  /// How many accounts the commands may create.
  private func newcomers(_ work: WriterWork, _ absent: Set<AccountID>) -> Int {
    if absent.isEmpty { return 0 }
    return Set(work.batch.compactMap(\.submission.command.namedAccount))
      .intersection(absent).count
  }

  /// Lets those accounts go that were used longest ago; never the needed, which were used last.
  private func makeRoom(
    for count: Int, _ chances: inout Int, _ state: inout LedgerState
  ) throws(StoreError) {
    var excess = state.accounts.count + state.packing.count + count - limits.accountsMax
    while excess > 0 {
      let hasLeft =
        if let packed = state.packing.oldest {
          try letGo(packed.account, at: packed.place, evenIfRead: chances == 0, &state)
        } else {
          try letOldestGo(evenIfRead: chances == 0, &state)
        }
      if hasLeft { excess -= 1 } else { chances -= 1 }
    }
  }

  /// Lets an account go that is not packed; false when it gets a second chance.
  private func letOldestGo(
    evenIfRead: Bool, _ state: inout LedgerState
  ) throws(StoreError) -> Bool {
    guard let oldest = state.leastRecentlyUsed else {
      preconditionFailure("more accounts are needed at once than memory holds")
    }
    guard board.withdraw(oldest.id, evenIfRead: evenIfRead) else {
      state.use(oldest.id)
      return false
    }
    do throws(StoreError) {
      try store.catchUp(to: oldest.seq)
    } catch {
      board.publish(oldest)
      throw error
    }
    state.evict(oldest.id)
    return true
  }

  // MARK: Packed accounts

  /// Lets an account go that is packed; false when it gets a second chance.
  private func letGo(
    _ packed: PackedAccount, at place: UInt32, evenIfRead: Bool, _ state: inout LedgerState
  ) throws(StoreError) -> Bool {
    let account = packed.account
    if !evenIfRead, board.forgetReads(of: account.id) {
      state.packing.renew(place)
      return false
    }
    try store.catchUp(to: account.seq)
    board.withdrawPacked(account.id)
    state.evictPacked(account, place: place)
    return true
  }

  /// Unpacks an account for the state; false when it is not packed.
  private func unpack(
    _ id: AccountID, _ state: inout LedgerState, at time: LedgerTime
  ) -> Bool {
    guard state.packing.count > 0, let account = board.packedAccount(id) else { return false }
    state.admit([account], absent: [], at: time)
    guard let admitted = state.accounts[id] else {
      preconditionFailure("an account that was brought in is gone")
    }
    state.packing.remove(board.unpack(admitted))
    return true
  }

  /// Packs those accounts that were used longest ago, until there are as few unpacked ones as there
  /// should be; never the needed, which were used last.
  ///
  /// There are too many only by as many as came in with this batch and were made by the last one.
  private func pack(_ chances: inout Int, _ state: inout LedgerState) {
    while state.accounts.count > limits.unpackedMax {
      guard let oldest = state.leastRecentlyUsed else {
        preconditionFailure("accounts in memory that were never used")
      }
      if chances > 0, board.forgetReads(of: oldest.id) {
        chances -= 1
        state.use(oldest.id)
        continue
      }
      let packed = PackedAccount(oldest)
      board.pack(packed, named: oldest.id, place: state.packing.add(packed))
      state.pack(oldest.id)
    }
  }
}
