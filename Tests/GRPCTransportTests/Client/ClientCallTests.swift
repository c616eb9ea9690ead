import GRPC
import HTTP2
import Testing

@testable import GRPCTransport

/// How a call ends, without a connection.
@Suite("The end of a client call")
struct ClientCallTests {
  private final class Recorded: ClientCall, @unchecked Sendable {
    var ends: [Status.Code] = []

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

  @Test("a call ends once")
  func once() {
    let call = Self.call(deadline: nil)
    #expect(call.fail(RPCError(code: .unavailable, message: "gone")))
    #expect(!call.fail(RPCError(code: .internalError, message: "again")))
    _ = call.receiveClosed(.cancel, surelyUnprocessed: false, reason: nil)
    #expect(call.ends == [.unavailable] && call.isEnded)
  }
}
