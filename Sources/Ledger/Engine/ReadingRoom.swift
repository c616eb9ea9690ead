import Synchronization

/// Why a question about the past was not answered.
public enum ArchiveError: Error, Sendable {
  /// ``LedgerLimits/journalQuestionsMax`` questions wait already.
  case overloaded
  /// The journal could not be read.
  case store(StoreError)
}

/// Where questions about the past are answered, one after the other, away from the event loops:
/// they read the journal, and must not take more than a core from the commits.
final class ReadingRoom: Sendable {
  private let queue: any WorkQueue
  private let waiting = Atomic(0)

  init(_ machine: any LedgerMachine) {
    queue = machine.makeQueue("farebox.ledger.archive", isBackground: true)
  }

  /// Waits for those who read; the store may be closed then.
  func close() async {
    await withCheckedContinuation { continuation in
      queue.run { continuation.resume() }
    }
  }

  /// Runs `body` when it is its turn.
  ///
  /// - Parameter isContinued: whether it is part of a question that was admitted before, which is
  ///   not refused halfway.
  func read<Value: Sendable>(
    isContinued: Bool = false, _ body: @escaping @Sendable () throws -> Value
  ) async throws(ArchiveError) -> Value {
    let count = waiting.add(1, ordering: .relaxed).newValue
    defer { waiting.subtract(1, ordering: .relaxed) }
    guard isContinued || count <= LedgerLimits.journalQuestionsMax else { throw .overloaded }
    let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
      queue.run { continuation.resume(returning: Result { try body() }) }
    }
    switch result {
    case .success(let value): return value
    case .failure(let error as StoreError): throw .store(error)
    case .failure(let error as LedgerBreak): throw .store(.corrupted("\(error)"))
    case .failure(let error): throw .store(.corrupted("\(error)"))
    }
  }
}
