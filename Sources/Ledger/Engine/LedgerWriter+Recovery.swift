// What the writer does when the store fails. Nothing that may have happened is decided again.

extension LedgerWriter {
  /// Answers work that was not begun because the store failed; false when the writer has stopped.
  func refuse(_ work: WriterWork, after error: StoreError) -> Bool {
    guard let refusal = error.refusal else {
      stop(work, error)
      return false
    }
    shut(refusal, error)
    work.refuse(refusal)
    return true
  }

  /// Goes on after a commit has failed; false when the writer must not take the next one.
  func settle(_ batch: DecidedBatch, after error: StoreError) -> Bool {
    if case .outcomeUnknown = error { return resolve(batch, error) }
    guard let refusal = error.refusal else {
      stop(batch.work, error)
      return false
    }
    shut(refusal, error)
    takeBack(batch, refusal)
    return true
  }

  /// Finds out whether a batch is durable, and goes on from there. While that cannot be found out
  /// nothing is accepted, and it is tried again after a while.
  private func resolve(_ batch: DecidedBatch, _ reason: StoreError) -> Bool {
    let isDurable: Bool
    do throws(StoreError) {
      isDurable = try store.recover(batch.commit)
    } catch {
      guard error.refusal != nil || error.isUnknown else {
        stop(batch.work, error)
        return false
      }
      wait(batch, error)
      return false
    }
    inbox.withLock { $0.gate = nil }
    if isDurable {
      finish(batch)
    } else {
      shut(.storageFailed, reason)
      takeBack(batch, .storageFailed)
    }
    return true
  }

  private func wait(_ batch: DecidedBatch, _ error: StoreError) {
    failure.withLock { $0 = error }
    let (rest, isClosing) = inbox.withLock { inbox in
      inbox.gate = WriterInbox.Gate(refusal: .ledgerStopped, until: nil)
      return (inbox.takeAll(), inbox.closing != nil)
    }
    for waiting in batch.work.batch { waiting.resume(.refused(.outcomeUnknown)) }
    answerReaders(of: batch.work)
    for sweeper in batch.work.sweepers { sweeper.resume(returning: 0) }
    rest.refuse(.ledgerStopped)
    guard !isClosing else { return stop(WriterWork(), error) }
    var left = batch
    left.work = WriterWork()
    queue.run(after: limits.recoveryPause) { [left] in
      if self.resolve(left, error) { self.drain() }
    }
  }

  /// Takes back what was decided and is not durable: the accounts are as they were published.
  private func takeBack(_ batch: DecidedBatch, _ refusal: Refusal) {
    var current = batch.decider.state
    current.takeBack(
      batch.decider.touched, to: batch.commit.previous, prices: board.prices,
      committed: { board.snapshot(of: $0)?.account })
    putBack(consume current)
    for waiting in batch.work.batch { waiting.resume(.refused(refusal)) }
    answerReaders(of: batch.work)
    for sweeper in batch.work.sweepers { sweeper.resume(returning: 0) }
  }

  /// Refuses those who wait and, for a while, those who come. Before the batch is answered, so that
  /// nobody who comes after an answer is among those who wait.
  private func shut(_ refusal: Refusal, _ error: StoreError) {
    failure.withLock { $0 = error }
    let waiting = inbox.withLock { inbox in
      inbox.gate = WriterInbox.Gate(
        refusal: refusal, until: machine.instant + limits.recoveryPause)
      defer { inbox.waiting = [] }
      return inbox.waiting
    }
    WriterWork(batch: waiting).refuse(refusal)
  }

  /// Stops for good: the store is damaged, or another writer is at work.
  func stop(_ work: WriterWork, _ error: StoreError) {
    failure.withLock { $0 = error }
    let (rest, closing) = inbox.withLock { inbox in
      inbox.phase = .stopped
      defer { inbox.closing = nil }
      return (inbox.takeAll(), inbox.closing)
    }
    board.watches.end()
    for waiting in work.batch { waiting.resume(.refused(.outcomeUnknown)) }
    WriterWork(readers: work.readers, sweepers: work.sweepers).refuse(.ledgerStopped)
    rest.refuse(.ledgerStopped)
    closing?.resume()
  }
}

extension StoreError {
  /// What is answered when the store failed before anything happened; nil when it cannot go on.
  fileprivate var refusal: Refusal? {
    switch self {
    case .failed: .storageFailed
    case .noSpace: .storageFull
    case .outcomeUnknown, .corrupted, .conflict: nil
    }
  }

  fileprivate var isUnknown: Bool {
    if case .outcomeUnknown = self { true } else { false }
  }
}
