import GRPC
import HTTP2
import Testing

@testable import GRPCTransport

/// How a call ends, without a connection.
@Suite("The end of a client call")
struct ClientCallTests {
  private final class Recorded: ClientCall, @unchecked Sendable {
    var ends: [Status.Code] = []

    override var canSendAgain: Bool { true }

    override func complete(_ end: ClientStreamStateMachine.End) {
      switch end {
      case .ok: ends.append(.ok)
      case .failed(let error): ends.append(error.code)
      }
    }
  }

  private static func call(deadline: Deadline?) -> Recorded {
    Recorded(
      ClientRequestHead(
        method: GRPCClient.method("Unary", .unary), metadata: [:], deadline: deadline,
        options: .defaults))
  }

  @Test("CANCELLED after the deadline is DEADLINE_EXCEEDED, wherever it comes from")
  func lateCancellation() {
    let past = Deadline(nanoseconds: 1)
    let future = Deadline(after: .seconds(3600))
    for (deadline, code) in [
      (past, .deadlineExceeded), (future, .cancelled), (nil, .cancelled),
    ] as [(Deadline?, Status.Code)] {
      let reset = Self.call(deadline: deadline)
      _ = reset.receiveClosed(.cancel, surelyUnprocessed: false, reason: nil)
      #expect(reset.ends == [code])
      let local = Self.call(deadline: deadline)
      local.fail(RPCError(code: .cancelled, message: "the caller cancelled the call"))
      #expect(local.ends == [code])
    }
    let other = Self.call(deadline: past)
    _ = other.receiveClosed(.enhanceYourCalm, surelyUnprocessed: false, reason: nil)
    #expect(other.ends == [.resourceExhausted], "only CANCELLED is doubtful")
  }

  @Test("a call that was refused is sent again a few times, one whose connection went more often")
  func repeats() {
    for (reason, times) in [(nil, 3), ("the server is going away", 16)] {
      let call = Self.call(deadline: nil)
      var repeats = 0
      while call.receiveClosed(.refusedStream, surelyUnprocessed: true, reason: reason) {
        repeats += 1
      }
      #expect(repeats == times)
      #expect(call.ends == [.unavailable])
    }
  }

  @Test("a lost connection fails a call that the server may have seen, and no other one")
  func lost() {
    let call = Self.call(deadline: nil)
    #expect(call.connectionLost(reason: "lost", surelyUnprocessed: true))
    #expect(call.ends == [])
    #expect(!call.connectionLost(reason: "lost", surelyUnprocessed: false))
    #expect(call.ends == [.unavailable])
  }

  @Test("a call ends once")
  func once() {
    let call = Self.call(deadline: nil)
    #expect(call.fail(RPCError(code: .unavailable, message: "gone")))
    #expect(!call.fail(RPCError(code: .internalError, message: "again")))
    _ = call.receiveClosed(.cancel, surelyUnprocessed: false, reason: nil)
    #expect(call.ends == [.unavailable] && call.isEnded)
  }
}
