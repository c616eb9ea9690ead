import GRPC
import HTTP2
import NIOCore

extension ClientConnection {
  /// Any figure; what comes back is not compared, since every byte is a sign of life.
  private static let keepalivePayload: UInt64 = 0x6661_7265_626f_7821

  /// The connection is usable.
  func beginLife() {
    let now = Deadline.now()
    life = ClientConnectionLife(policy, now: now)
    lookAtClocks(now, hasCalls: false)
  }

  func endLife() {
    lifeTimer?.task.cancel()
    lifeTimer = nil
    life = nil
  }

  /// A call is about to be sent: after a long silence a ping goes before it, so that a dead
  /// connection is found out as soon as during a call.
  func wakeKeepalive() {
    lookAtClocks(.now(), hasCalls: true)
  }

  func lookAtClocks(_ now: Deadline, hasCalls: Bool) {
    guard let due = life?.look(at: now, hasCalls: hasCalls) else { return }
    switch due {
    case .nothing: break
    case .ping: sendPing(Self.keepalivePayload)
    case .serverIsGone:
      return giveUp("keepalive: the server did not answer a ping within \(timeoutText)")
    case .idle: return retire("the connection was idle")
    }
    if let next = life?.next { setLifeTimer(next, now) }
  }

  private var timeoutText: String {
    let nanoseconds = life?.keepalive?.settings.timeoutNanoseconds ?? 0
    return "\(Duration.nanoseconds(nanoseconds))"
  }

  private func setLifeTimer(_ deadline: Deadline, _ now: Deadline) {
    if let timer = lifeTimer {
      // An earlier look sets the timer for what comes after.
      if timer.at <= deadline { return }
      timer.task.cancel()
    }
    guard let eventLoop = context?.eventLoop else { return }
    // A millisecond late rather than a microsecond early: early means one more look.
    let delay = max(0, deadline.remainingNanoseconds) / 1_000_000 + 1
    let task = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(delay)) {
      self.lifeTimer = nil
      self.lookAtClocks(.now(), hasCalls: self.hasCalls)
    }
    lifeTimer = (deadline, task)
  }
}
