/// Thrown by a handler in its synchronous form when this once it has to wait for the answer.
///
/// The call then goes on in a task, as that of a handler of the other form would. Not for a method
/// that waits as a rule: throwing costs more than a task.
public struct AnswerLater<Output: Sendable>: Error {
  let answer: @Sendable () async throws -> Output

  /// Goes on with `answer`, whose errors are those of the handler.
  public init(_ answer: @escaping @Sendable () async throws -> Output) {
    self.answer = answer
  }
}
