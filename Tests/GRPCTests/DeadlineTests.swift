import Testing

@testable import GRPC

@Suite("Deadlines")
struct DeadlineTests {
  @Test("never overflow")
  func saturate() {
    #expect(Deadline(after: .seconds(Int64.max)).nanoseconds == .max)
    #expect(Deadline(nanoseconds: .max).advanced(byNanoseconds: 1).nanoseconds == .max)
    #expect(Deadline(nanoseconds: .min).advanced(byNanoseconds: -1).nanoseconds == .min)
    #expect(Deadline(nanoseconds: .min).isPast)
    #expect(!Deadline(nanoseconds: .max).isPast)
  }

  @Test("of a call are the earlier one of its timeout and of the call being served")
  func earlier() throws {
    #expect(ClientRequestHead.deadline(timeout: nil, inherited: nil) == nil)
    let own = try #require(ClientRequestHead.deadline(timeout: .seconds(5), inherited: nil))
    #expect(own > Deadline(after: .seconds(4)) && own <= Deadline(after: .seconds(5)))
    let inherited = Deadline(after: .seconds(60))
    let bounded = try #require(ClientRequestHead.deadline(timeout: nil, inherited: inherited))
    #expect(bounded == inherited.advanced(byNanoseconds: -10_000_000))
    #expect(ClientRequestHead.deadline(timeout: .seconds(600), inherited: inherited) == bounded)
    let shorter = try #require(
      ClientRequestHead.deadline(timeout: .seconds(1), inherited: inherited))
    #expect(shorter < bounded)
    let past = Deadline(nanoseconds: 1)
    #expect(ClientRequestHead.deadline(timeout: .seconds(1), inherited: past) == past)
  }

  @Test("reach outgoing calls through the task")
  func inherited() {
    let method = MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: "a.B"), method: "C", kind: .unary)
    let head = Deadline.$current.withValue(Deadline(after: .seconds(60))) {
      ClientRequestHead(method: method, metadata: [:], options: .defaults)
    }
    #expect(head.deadline != nil)
    #expect(method.path == "/a.B/C" && method.fullyQualifiedMethod == "a.B/C")
  }
}
