import GRPC
import NIOCore

/// Lets the unary handlers of one event loop begin, so many at once. On the loop only.
final class LoopHandlers {
  private var queue: HandlerQueue<ServerCall>
  private let loop: any EventLoop
  private let executor: LoopExecutor
  private var isAdmitting = false

  init(max: Int, loop: any EventLoop, executor: LoopExecutor) {
    queue = HandlerQueue(runningMax: max)
    self.loop = loop
    self.executor = executor
  }

  /// Whether a call has to wait for its turn; it is in line then, until it begins or leaves.
  func mustWait(_ call: ServerCall) -> Bool {
    if queue.hasRoom { return false }
    call.isInLine = true
    queue.append(call)
    return true
  }

  /// A call in line has ended.
  func left(_ call: ServerCall) {
    call.isInLine = false
    queue.left { !$0.isInLine }
  }

  /// The handler of a call did not finish at once.
  func began(_ call: ServerCall) {
    queue.began()
    call.handlerBegan = .now()
  }

  /// It has returned.
  func returned(_ call: ServerCall) {
    // The clock never goes back.
    queue.returned(after: Deadline.now().nanoseconds &- call.handlerBegan.nanoseconds)
    guard !queue.isEmpty, !isAdmitting else { return }
    isAdmitting = true
    // Not from inside of the handler that makes room: the next one may make room as well.
    let bound = NIOLoopBound(self, eventLoop: loop)
    executor.atTurnEnd { bound.value.admit() }
  }

  private func admit() {
    isAdmitting = false
    while let call = queue.next() {
      guard call.isInLine else { continue }
      call.isInLine = false
      let left = call.deadline?.remainingNanoseconds ?? .max
      call.startInTurn(isHopeless: queue.isHopeless(nanosecondsLeft: left))
    }
  }
}
