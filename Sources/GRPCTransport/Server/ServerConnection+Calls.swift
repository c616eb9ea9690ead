import GRPC
import HTTP2
import Logging
import NIOCore

extension ServerConnection: ServerCallHost {
  var isOnLoop: Bool { loop.eventLoop.inEventLoop }
  var executor: any TaskExecutor { loop.executor }

  func runOnLoop(_ work: @escaping @Sendable () -> Void) {
    loop.eventLoop.execute(work)
  }

  func runInTurn(_ work: @escaping @Sendable () -> Void) {
    loop.executor.enqueue(work)
  }

  func setNeedsFlush() {
    scheduleFlush()
  }

  func mayBegin(_ call: ServerCall) -> Bool {
    guard let handlers, handlers.mustWait(call) else { return true }
    startTimer(of: call)
    return false
  }

  func handlerSuspended(_ call: ServerCall) {
    suspendedHandlers += 1
    call.isCounted = true
    if call.method.isUnary { handlers?.began(call) }
    startTimer(of: call)
  }

  /// Sets the timer for the deadline of a call, unless it is set.
  func startTimer(of call: ServerCall) {
    guard !call.hasTimer, let deadline = call.deadline else { return }
    call.timer = loop.timers.insert(deadline, .end(call)).bits
  }

  /// Sets the timer of a request that did not end with the bytes it began in.
  func startRequestTimer(of call: ServerCall) {
    let end = turnStart.advanced(byNanoseconds: settings.requestNanoseconds)
    guard !call.hasTimer, !call.method.requestIsStream, let deadline = call.deadline,
      end < deadline
    else { return startTimer(of: call) }
    call.timer = loop.timers.insert(end, .endRequest(of: call, on: self)).bits
  }

  func requestTimeReached(_ call: ServerCall) {
    call.timer = nil
    // It came in time: from now on the call's own deadline counts.
    guard !call.stream.hasPeerEnded else { return startTimer(of: call) }
    noteBreach(.requestTimeout)
    call.abort(
      Status(code: .deadlineExceeded, message: "the request did not arrive in time"))
  }

  private func stopTimer(of call: ServerCall) {
    if let bits = call.timer { loop.timers.cancel(LoopTimers.Token(bits: bits)) }
    call.timer = nil
  }

  /// The stream of a call is gone; its handler may go on for a while.
  func callClosed(_ call: ServerCall) {
    call.closed()
    if call.isInLine { handlers?.left(call) }
    if !call.isCounted, call.hasTimer { stopTimer(of: call) }
  }

  func handlerReturned(_ call: ServerCall) {
    if call.hasTimer { stopTimer(of: call) }
    guard call.isCounted else { return }
    call.isCounted = false
    suspendedHandlers -= 1
    if call.method.isUnary { handlers?.returned(call) }
    if drain.isDraining { scheduleFlush() }
  }

  func requestBytesHeld(_ change: Int) {
    heldRequestBytes += change
  }

  func requestRefused(_ status: Status) {
    if status.code == .resourceExhausted { noteBreach(.messageBytes) }
  }

  func callIsLate() {
    // Counted only: it is the server that was slow.
    settings.onLimitBreach?(.lateCall)
  }

  func callIsHopeless() {
    settings.onLimitBreach?(.hopelessCall)
  }

  func report(_ error: any Error, from call: ServerCall) {
    settings.onUnknownError(error, call.method.descriptor)
  }
}
