/// The answer that a unary handler owes when it returns before it knows it.
///
/// Given once, from any thread: whoever waits for something slow and is called back by it needs no
/// task of its own. A call whose answer never comes ends at its deadline, and what it holds is held
/// for ever: so give one, whatever happens.
public struct PendingAnswer<Output: Sendable>: Sendable {
  /// Takes the response, or the failure, that an answer consists of.
  typealias Answer = @Sendable () throws -> Output

  private let take: @Sendable (@escaping Answer) -> Void

  init(_ take: @escaping @Sendable (@escaping Answer) -> Void) {
    self.take = take
  }

  /// Gives the answer: what `answer` returns or throws.
  ///
  /// That is called where the call lives, later; not at all when nobody waits for it any more.
  public func give(_ answer: @escaping @Sendable () throws -> Output) {
    take(answer)
  }

  /// Calls `body` with a pending answer, and waits for it, or for what `body` throws.
  ///
  /// For callers that are tasks anyway.
  public static func wait(
    for body: (PendingAnswer<Output>) throws -> Void
  ) async throws -> Output {
    let answer = try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Answer, any Error>) in
      do {
        try body(PendingAnswer { continuation.resume(returning: $0) })
      } catch {
        continuation.resume(throwing: error)
      }
    }
    return try answer()
  }
}
