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

  func setNeedsFlush() {
    scheduleFlush()
  }

  func handlerSuspended(_ call: ServerCall) {
    suspendedHandlers += 1
    call.isCounted = true
    guard let deadline = call.deadline else { return }
    call.timer = loop.timers.insert(deadline) { [weak call] in call?.deadlineReached() }
  }

  func handlerReturned(_ call: ServerCall) {
    guard call.isCounted else { return }
    call.isCounted = false
    suspendedHandlers -= 1
    if let token = call.timer as? LoopTimers.Token {
      loop.timers.cancel(token)
      call.timer = nil
    }
    if drain.isDraining { scheduleFlush() }
  }

  func requestBytesHeld(_ change: Int) {
    heldRequestBytes += change
  }

  func report(_ error: any Error, from call: ServerCall) {
    settings.onUnknownError(error, call.method.descriptor)
  }
}
