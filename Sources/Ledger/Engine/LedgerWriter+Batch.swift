// One batch: look up, bring in, decide, commit, publish.

/// A batch that was decided, and who waits for it.
struct DecidedBatch {
  var work: WriterWork
  let decider: BatchDecider
  let commit: CommitBatch
  let verdicts: [Verdict]
  /// How many accounts were swept.
  let sweptCount: Int
}

extension LedgerWriter {
  /// Carries out a batch and answers it; false when the writer must not take the next one.
  func carryOut(_ work: WriterWork) -> Bool {
    guard var current = state.withLock({ state in state.take() }) else {
      preconditionFailure("two drains at once")
    }
    let time = max(clock.now(), current.head.time)
    let lookedUp: LoadedState
    do throws(StoreError) {
      lookedUp = try lookUp(work, current, at: time)
      try bringIn(accounts(of: work, lookedUp, current), for: work, &current, at: time)
    } catch {
      putBack(consume current)
      return refuse(work, after: error)
    }
    var decider = BatchDecider(
      consume current, prefetched: lookedUp, at: time, count: work.batch.count)
    var verdicts: [Verdict] = []
    verdicts.reserveCapacity(work.batch.count)
    do {
      for waiting in work.batch { verdicts.append(try decider.decide(waiting.submission)) }
    } catch {
      stop(work, .corrupted("a stored answer: \(error)"))
      return false
    }
    decider.sweep(lookedUp.due)
    decider.useCreated()
    guard let commit = decider.commit else {
      putBack(decider.state)
      answer(work, verdicts, sweptCount: lookedUp.due.count)
      return true
    }
    let batch = DecidedBatch(
      work: work, decider: decider, commit: commit, verdicts: verdicts,
      sweptCount: lookedUp.due.count)
    do throws(StoreError) {
      try store.commit(commit)
    } catch {
      return settle(batch, after: error)
    }
    finish(batch)
    return true
  }

  /// Publishes what is durable now, and answers those who wait for it.
  func finish(_ batch: DecidedBatch) {
    publish(batch.decider)
    putBack(batch.decider.state)
    failure.withLock { $0 = nil }
    answer(batch.work, batch.verdicts, sweptCount: batch.sweptCount)
  }

  private func answer(_ work: WriterWork, _ verdicts: [Verdict], sweptCount: Int) {
    for (waiting, verdict) in zip(work.batch, verdicts) { waiting.resume(verdict) }
    answerReaders(of: work)
    for sweeper in work.sweepers { sweeper.resume(returning: sweptCount) }
  }

  /// Answers questions about accounts that were brought in.
  func answerReaders(of work: WriterWork) {
    for reader in work.readers {
      reader.resume(.success(board.snapshot(of: reader.account)))
    }
  }

  func putBack(_ current: consuming LedgerState) {
    let current = current
    state.withLock { $0 = current }
  }

  // MARK: Before a batch is decided

  private func lookUp(
    _ work: WriterWork, _ state: borrowing LedgerState, at time: LedgerTime
  ) throws(StoreError) -> LoadedState {
    var unknownHolds: [HoldID] = []
    var allocations: [AllocationID] = []
    var usage: [UsageID] = []
    for waiting in work.batch {
      let command = waiting.submission.command
      if let named = command.namedHold {
        if state.owner(ofOpenHold: named) == nil { unknownHolds.append(named) }
      } else if let named = command.namedAllocation {
        allocations.append(named)
      } else if let named = command.namedUsage {
        usage.append(named)
      }
    }
    return try store.load(
      LoadRequest(
        keys: work.batch.map(\.submission.key), holds: unknownHolds, allocations: allocations,
        usage: usage,
        dueBy: work.sweepers.isEmpty ? nil : time, dueMax: limits.share))
  }

  /// Every account that the work may be about, in the order in which it names them: who was used
  /// last must not depend on chance.
  private func accounts(
    of work: WriterWork, _ lookedUp: LoadedState, _ state: borrowing LedgerState
  ) -> [AccountID] {
    var needed = lookedUp.due
    for reader in work.readers { needed.append(reader.account) }
    for waiting in work.batch where !lookedUp.knows(waiting.submission.key) {
      let command = waiting.submission.command
      if let account = command.namedAccount {
        needed.append(account)
      } else if let hold = command.namedHold {
        let owner = state.owner(ofOpenHold: hold) ?? lookedUp.holds[hold]?.terms.account
        if let owner { needed.append(owner) }
      } else if let allocation = command.namedAllocation {
        if let owner = lookedUp.allocations[allocation]?.terms.account { needed.append(owner) }
      } else if let usage = command.namedUsage {
        if let owner = lookedUp.usage[usage]?.account { needed.append(owner) }
      }
    }
    return needed
  }

  // MARK: After it was committed

  private func publish(_ decider: BatchDecider) {
    for id in decider.touched {
      guard let account = decider.state.accounts[id] else {
        preconditionFailure("an account that changed is gone")
      }
      board.publish(account)
    }
    if decider.pricesChanged { board.publish(decider.state.prices) }
    board.announce(decider.state.head)
    if !board.watches.isEmpty { tellWatchers(decider) }
  }

  private func tellWatchers(_ decider: BatchDecider) {
    for id in decider.touched {
      board.watches.tell(id, board.snapshot(of: id)) {
        decider.entries.filter { $0.entry.account == id }.map(\.entry.change.kind)
      }
    }
  }
}

extension LoadedState {
  fileprivate func knows(_ key: Digest) -> Bool {
    !replies.isEmpty && replies.index(forKey: key) != nil
  }
}

extension Command {
  /// The account that the command names.
  var namedAccount: AccountID? {
    switch self {
    case .allocateCredits(let command): command.account
    case .deductCredits(let command), .recordUsage(let command): command.account
    case .openHold(let command): command.account
    case .setBudget(let command): command.account
    case .setBalanceAlerts(let command): command.account
    case .setAccountState(let command): command.account
    case .settleHold, .extendHold, .releaseHold, .forceRelease, .adjustAllocation,
      .voidAllocation, .refundUsage, .putPrice:
      nil
    }
  }

  /// The allocation that the command names: it may be spent, so it is looked up.
  var namedAllocation: AllocationID? {
    switch self {
    case .adjustAllocation(let command): command.allocation
    case .voidAllocation(let command): command.allocation
    default: nil
    }
  }

  /// The charge that the command names.
  var namedUsage: UsageID? {
    guard case .refundUsage(let command) = self else { return nil }
    return command.usage
  }
}
