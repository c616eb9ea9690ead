import GRPC
import HTTP2
import Logging
import NIOCore

extension ServerConnection {
  /// Counts a breach of a limit, and logs the first one of the connection for operators to see, as
  /// far as the budget for that allows.
  func noteBreach(_ breach: LimitBreach) {
    settings.onLimitBreach?(breach)
    guard !hasLoggedBreach else { return }
    hasLoggedBreach = true
    guard settings.mayLogRefusal() else { return }
    settings.logger.info(
      "a client ran into a limit", metadata: logMetadata(["limit": "\(breach.rawValue)"]))
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
