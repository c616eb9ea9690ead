import GRPC
import HTTP2
import NIOCore

/// The clocks of one server connection: one entry in the timer heap of its loop for all of them.
struct ServerConnectionLife {
  var keepalive: Keepalive?
  var age: ConnectionAge
  var strikes: PingStrikes
  var headerBlock: HeaderBlockTimer
  var stalls: StallWatch?
  var resets: RapidResets
  /// When the calls that outlast a drain are ended.
  var graceEnd: Deadline?
  /// The entry in the heap, and its time: never later than what is due next.
  var timer: (token: LoopTimers.Token, at: Deadline)?

  init(_ settings: ServerSettings, now: Deadline) {
    let limits = settings.limits
    var random = SystemRandomness()
    keepalive = settings.keepalive.map { Keepalive($0) }
    age = ConnectionAge(
      start: now, age: limits.maxConnectionAge, idle: limits.maxConnectionIdle, using: &random)
    strikes = PingStrikes(settings.pingStrikes)
    headerBlock = HeaderBlockTimer(limit: limits.headerTimeout)
    stalls = settings.stall.map { StallWatch($0) }
    resets = RapidResets(
      lifetime: limits.rapidResetLifetime, burst: limits.rapidResetBurst,
      perSecond: limits.rapidResetsPerSecond)
  }
}

extension ServerConnection {
  /// HTTP/2 begins.
  func beginLife(at now: Deadline) {
    life = ServerConnectionLife(settings, now: now)
    lookAtClocks(now)
  }

  func endLife() {
    if let timer = life?.timer { loop.timers.cancel(timer.token) }
    life = nil
  }

  /// Judges a PING of the client; false when it is one too many.
  func isWelcome(pingIn session: Session) -> Bool {
    let hasSent = session.takeHasSentProgress()
    let verdict = life?.strikes.pingReceived(
      at: turnStart, hasCalls: !session.openStreams.isEmpty, hasSent: hasSent)
    return verdict != .tooMany
  }

  /// Received bytes were read: sets the timer when they end inside a header block.
  func noteHeaderBlock(_ session: Session) {
    let open = session.openHeaderBlock
    // Nearly always there is none now and was none before.
    guard open != nil || life?.headerBlock.deadline != nil else { return }
    if life?.headerBlock.noted(openBlock: open, at: turnStart) == true,
      let deadline = life?.headerBlock.deadline
    {
      setLifeTimer(deadline)
    }
  }

  /// The grace period of a drain that this connection began by itself starts.
  func beginGrace() {
    guard drain.reason != nil, let grace = settings.limits.maxConnectionAgeGrace else { return }
    let end = Deadline.now().advanced(byNanoseconds: grace.timerNanoseconds)
    life?.graceEnd = end
    setLifeTimer(end)
  }

  private func lookAtClocks(_ now: Deadline) {
    guard let session, let life else { return }
    if life.headerBlock.isOverdue(at: now) {
      noteBreach(.headerTimeout)
      return end(.protocolError, "a header block was not finished in time")
    }
    if let graceEnd = life.graceEnd, now >= graceEnd { return endDrain() }
    if let look = life.stalls?.nextLook, now >= look {
      lookForStalls(now)
      if isClosing { return }
    }
    let hasCalls = !session.openStreams.isEmpty || suspendedHandlers > 0
    var next = [life.headerBlock.deadline, life.graceEnd, self.life?.stalls?.nextLook]
      .compactMap { $0 }
    switch self.life?.keepalive?.look(at: now, lastRead: turnStart, hasCalls: hasCalls) {
    case .wait(let until): next.append(until)
    case .ping(let askAgain):
      session.submitPing(Self.keepalivePayload)
      scheduleFlush()
      next.append(askAgain)
    case .giveUp:
      return closeChannel("the client did not answer a keepalive ping", lingers: false)
    case .sleep, nil: break
    }
    if !drain.isDraining {
      switch life.age.look(at: now, hasCalls: hasCalls) {
      case .wait(let until): next.append(until)
      case .sleep: break
      case .end(let reason): beginDrain(reason)
      }
    }
    if hasCalls {
      resetUntakenAnswers(session, now)
      next.append(now.advanced(byNanoseconds: Self.untakenLookNanoseconds))
    }
    if let soonest = next.min() { setLifeTimer(soonest) }
  }

  /// Calls whose handlers are done have no timers. Where the client gives no credit for the answer,
  /// their deadline is kept here, or it could make us hold such answers for ever.
  private func resetUntakenAnswers(_ session: Session, _ now: Deadline) {
    for stream in session.openStreams {
      guard let call = stream.context as? ServerCall, call.isHandlerDone,
        let deadline = call.deadline, deadline <= now
      else { continue }
      session.reset(stream, .cancel)
      scheduleFlush()
    }
  }

  /// Time between looks for answers that are not taken: 1 min.
  private static let untakenLookNanoseconds: Int64 = 60_000_000_000

  func setLifeTimer(_ deadline: Deadline) {
    if let timer = life?.timer {
      // An earlier look sets the timer for what comes after.
      if timer.at <= deadline { return }
      loop.timers.cancel(timer.token)
    }
    let action = LoopTimers.Action.run { [weak self] in
      self?.life?.timer = nil
      self?.lookAtClocks(.now())
    }
    let token = loop.timers.insert(deadline, action)
    life?.timer = (token, deadline)
  }

  /// Any figure that is not the one of a drain.
  private static let keepalivePayload: UInt64 = 0x6661_7265_626f_783f
}
