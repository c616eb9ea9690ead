import GRPC
import HTTP2
import Logging
import NIOCore

extension ServerConnection {
  /// Counts a breach of a limit, and logs the first one of the connection for operators to see, as
  /// far as the budget for that allows.
  func noteBreach(_ breach: LimitBreach) {
    settings.onLimitBreach?(breach)
    if breach.isAbuse {
      noteFruitless(from: ConnectionQuota.Source(context?.channel.remoteAddress))
    }
    guard !hasLoggedBreach else { return }
    hasLoggedBreach = true
    guard settings.mayLogRefusal() else { return }
    settings.logger.info(
      "a client ran into a limit", metadata: logMetadata(["limit": "\(breach.rawValue)"]))
  }

  /// Counts the connection as one that is of no use, once.
  private func noteFruitless(from source: ConnectionQuota.Source?) {
    guard let source, !isFruitless else { return }
    isFruitless = true
    settings.connectionWasFruitless(
      from: source,
      logMetadata: logMetadata(["limit": "\(LimitBreach.fruitlessConnections.rawValue)"]))
  }

  /// Whether there is room for this connection; closes it otherwise.
  func isAdmitted(_ channel: any Channel) -> Bool {
    let source = ConnectionQuota.Source(channel.remoteAddress)
    switch settings.connectionArrived(from: source) {
    case .admit:
      channel.closeFuture.assumeIsolated().whenComplete { _ in
        self.settings.connectionLeft(from: source)
        if !self.isKnown, Deadline.now() < self.knownFrom { self.noteFruitless(from: source) }
      }
      return true
    case .refuse(.connections):
      noteBreach(.connections)
      closeChannel("the listener has too many connections")
    case .refuse(.ofTheAddress):
      noteBreach(.connectionsPerAddress)
      closeChannel("the client's address has too many connections")
    }
    return false
  }

  /// The client has reset a call, nil when it never began.
  func judgeReset(of call: ServerCall?) {
    // The time of the last bytes: the reset was among them, and so was a call that never began. It
    // is as old as these have waited: when that is long, its caller may well have lost patience.
    let begin = call?.begunAt ?? arrival
    guard life?.resets.isForgiven(begunAt: begin, at: turnStart) == false, farewell == nil
    else { return }
    noteBreach(.rapidResets)
    farewell = Farewell(
      code: .enhanceYourCalm, debug: "too_many_resets",
      reason: "the client resets too many calls right after they began")
  }

  /// Output was written as far as it goes: watches who does not take the rest.
  func watchReaders() {
    guard life?.stalls?.nextLook == nil, life?.stalls != nil else { return }
    lookForStalls(.now())
    if let nextLook = life?.stalls?.nextLook { setLifeTimer(nextLook) }
  }

  /// Resets the responses that are not taken, or closes the connection of which nothing is.
  func lookForStalls(_ now: Deadline) {
    guard let session, let context else { return }
    var waiting: [StallWatch.Reader] = []
    for stream in session.openStreams where stream.queuedBytes > 0 {
      waiting.append(StallWatch.Reader(id: stream.id, taken: stream.takenBytes))
    }
    if !context.channel.isWritable {
      let buffered = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
      waiting.append(StallWatch.Reader(id: 0, taken: writtenBytes - (buffered ?? 0)))
    }
    let stalled = life?.stalls?.look(at: now, waiting: waiting) ?? []
    guard !stalled.isEmpty else { return }
    if stalled.contains(0) {
      noteBreach(.connectionStall)
      return closeChannel("the client takes nothing from the socket", lingers: false)
    }
    for stream in session.openStreams where stalled.contains(stream.id) {
      noteBreach(.responseStall)
      if let call = stream.context as? ServerCall {
        call.abandon(RPCError(code: .cancelled, message: "the client does not take the response"))
      } else {
        session.reset(stream, .cancel)
      }
    }
    scheduleFlush()
  }
}

extension LimitBreach {
  /// Whether the client does what no honest one does, and was sent away for it.
  var isAbuse: Bool {
    switch self {
    case .rapidResets, .provokedResets, .headerBlocks, .continuations, .idleFrames, .pings,
      .protocolError:
      true
    case .connections, .connectionsPerAddress, .fruitlessConnections, .descriptors, .prefaceTimeout,
      .headerTimeout, .requestTimeout, .responseStall, .connectionStall, .headerBlock,
      .messageBytes, .heldRequestBytes, .runningHandlers, .lateCall, .hopelessCall:
      false
    }
  }

  /// What ended a session.
  init(_ error: HTTP2Error) {
    switch error {
    case .flooded(.idleFrames): self = .idleFrames
    case .flooded(.continuations): self = .continuations
    case .flooded(.provokedResets): self = .provokedResets
    case .flooded(.headerBlocks): self = .headerBlocks
    case .missingSymbol, .library, .badPreface, .violation, .fieldsTooLarge, .ended:
      self = .protocolError
    }
  }
}
