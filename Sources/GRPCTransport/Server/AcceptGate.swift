import NIOCore

/// Stands at a listener and pauses accepting while there are too few file descriptors.
///
/// Clients wait in the kernel's queue meanwhile. Should descriptors run out all the same, the
/// listener's own back-off (one second) takes over.
final class AcceptGate: ChannelDuplexHandler {
  typealias InboundIn = Channel
  typealias InboundOut = Channel
  typealias OutboundIn = Never
  typealias OutboundOut = Never

  /// Time after which a pause is reconsidered.
  static let pause = TimeAmount.milliseconds(100)

  private let mayAccept: () -> Bool
  private let onPause: () -> Void
  private var isPaused = false

  /// - Parameters:
  ///   - mayAccept: asked before each round of accepting.
  ///   - onPause: told when a pause begins.
  init(mayAccept: @escaping () -> Bool, onPause: @escaping () -> Void) {
    self.mayAccept = mayAccept
    self.onPause = onPause
  }

  func read(context: ChannelHandlerContext) {
    guard !isPaused else { return }
    guard mayAccept() else {
      isPaused = true
      onPause()
      return reconsiderLater(context)
    }
    context.read()
  }

  private func reconsiderLater(_ context: ChannelHandlerContext) {
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
      guard context.channel.isActive else { return }
      guard self.mayAccept() else { return self.reconsiderLater(context) }
      self.isPaused = false
      context.read()
    }
  }
}
