import HTTP2

/// What a call needs of the connection that carries it.
package protocol ServerCallHost: AnyObject, Sendable {
  /// Whether the current thread is the connection's event loop.
  var isOnLoop: Bool { get }
  /// Where handlers run: the connection's event loop.
  var executor: any TaskExecutor { get }
  /// The session, on the event loop only; nil after the connection has closed.
  var session: Session? { get }
  /// When the current turn of the event loop began, for judging deadlines; on the loop only.
  var turnStart: Deadline { get }
  /// The clock that deadlines are judged by; from any thread.
  var now: Deadline { get }

  /// Runs work on the event loop, always later.
  func runOnLoop(_ work: @escaping @Sendable () -> Void)
  /// The same, together with handlers that go on there.
  func runInTurn(_ work: @escaping @Sendable () -> Void)
  /// Output was queued and is to be written when this loop turn ends.
  func setNeedsFlush()
  /// Whether the handler of a unary call may begin; otherwise the host starts it later.
  func mayBegin(_ call: ServerCall) -> Bool
  /// The handler did not finish inline: its deadline needs a timer.
  func handlerSuspended(_ call: ServerCall)
  /// The handler has returned, whatever became of the call.
  func handlerReturned(_ call: ServerCall)
  /// The bytes of request messages that a call holds have changed: they are bounded per connection.
  func requestBytesHeld(_ change: Int)
  /// The payload of a call breaks a rule, so that it ends with this status.
  func requestRefused(_ status: Status)
  /// The time of a call was over before its handler began: nothing was done for it.
  func callIsLate()
  /// A call waited for its turn until too little of its time was left: nothing was done for it.
  func callIsHopeless()
  /// A handler failed with an error that clients must not see.
  func report(_ error: any Error, from call: ServerCall)
}

extension ServerCallHost {
  /// Hosts without turns ask the clock.
  package var turnStart: Deadline { now }

  /// Hosts go by the process's clock.
  package var now: Deadline { .now() }

  /// Hosts without turns run it by itself.
  package func runInTurn(_ work: @escaping @Sendable () -> Void) { runOnLoop(work) }

  /// Hosts without a bound need not count.
  package func requestBytesHeld(_ change: Int) {}

  /// Hosts need not care.
  package func requestRefused(_ status: Status) {}

  /// The same.
  package func callIsLate() {}

  /// The same.
  package func callIsHopeless() {}

  /// Hosts need not let calls wait.
  package func mayBegin(_ call: ServerCall) -> Bool { true }
}
