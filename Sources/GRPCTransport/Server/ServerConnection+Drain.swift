import GRPC
import HTTP2
import NIOCore

/// How far the graceful end of a connection has come (RFC 9113 section 6.8).
///
/// ```
/// serving ──begin──▶ noticed (GOAWAY 2^31-1 and PING sent) ──reply or 1 s──▶ closing (GOAWAY last)
///                                                    ──no calls left──▶ the connection closes
/// ```
struct ConnectionDrain {
  enum Phase {
    case serving
    case noticed
    case closing
  }

  var phase = Phase.serving
  /// Why this connection ends while the server goes on; nil when the server shuts down.
  var reason: ConnectionAge.Reason?
  var isDraining: Bool { if case .serving = phase { false } else { true } }

  /// The payload of the PING whose reply says that the client has seen the notice.
  static let pingPayload: UInt64 = 0x6661_7265_626f_7821
  /// How long a client that does not answer PING delays the second GOAWAY.
  static let noticeTimeout = TimeAmount.seconds(1)
}

extension ServerConnection {
  /// Tells the client to take new calls elsewhere. On the loop.
  func beginDrain(_ reason: ConnectionAge.Reason? = nil) {
    guard case .serving = drain.phase else { return }
    guard let session else {
      // Nothing was said so far, so there is nobody to be polite to.
      return closeChannel("the server is shutting down")
    }
    drain.phase = .noticed
    drain.reason = reason
    session.submitShutdownNotice()
    session.submitPing(ConnectionDrain.pingPayload)
    loop.eventLoop.assumeIsolated().scheduleTask(in: ConnectionDrain.noticeTimeout) {
      self.refuseNewCalls()
    }
    // Not at once: the session may be handing out events.
    scheduleFlush()
  }

  func drainPingReplied(_ payload: UInt64) {
    if payload == ConnectionDrain.pingPayload { refuseNewCalls() }
  }

  private func refuseNewCalls() {
    guard case .noticed = drain.phase else { return }
    drain.phase = .closing
    session?.goAway(debug: Array((drain.reason?.rawValue ?? "").utf8))
    beginGrace()
    scheduleFlush()
  }

  /// Whether the last call has ended and all output was taken.
  var drainIsComplete: Bool {
    guard case .closing = drain.phase, let session else { return false }
    return session.openStreams.isEmpty && suspendedHandlers == 0 && !session.wantsWrite
  }

  /// Ends the calls that outlasted the grace period. On the loop.
  func endDrain() {
    let reason =
      drain.reason == nil
      ? "the server is shutting down" : "the connection has reached its maximum age"
    guard let session else { return closeChannel(reason) }
    for stream in session.openStreams {
      guard let call = stream.context as? ServerCall else { continue }
      call.abort(Status(code: .unavailable, message: reason))
    }
    flush()
    closeChannel("the grace period of the drain is over")
  }
}
