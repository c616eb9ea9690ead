import Testing

@testable import GRPC

@Suite("Whether a call is made again")
struct RetryStateTests {
  /// The middle of every range: a jitter of 1.
  private struct Middle: RandomNumberGenerator {
    private let middle: UInt64 = 1 << 63
    mutating func next() -> UInt64 { middle }
  }

  private static let policy = RetryPolicy(
    maxAttempts: 5, initialBackoff: .milliseconds(100), maxBackoff: .milliseconds(350),
    backoffMultiplier: 2, retryableCodes: [.unavailable, .aborted])

  /// Milliseconds, rounded; nil = not again.
  private static func fail(
    _ state: RetryState, _ code: Status.Code, _ pushback: RetryPushback? = nil,
    throttle: inout RetryThrottle?
  ) -> Int? {
    var random = Middle()
    state.pushback = pushback
    return state.attemptFailed(code, throttle: &throttle, using: &random).map {
      Int(($0 / .milliseconds(1)).rounded())
    }
  }

  @Test("pauses grow to their maximum, and the attempts have one")
  func pauses() {
    var throttle: RetryThrottle?
    let state = RetryState(Self.policy)
    var pauses: [Int?] = []
    for attempt in 0..<5 {
      #expect(state.previousAttempts == attempt)
      pauses.append(Self.fail(state, .unavailable, throttle: &throttle))
    }
    #expect(pauses == [100, 200, 350, 350, nil])
  }

  @Test("a pause is spread by a fifth")
  func jitter() throws {
    var random = SystemRandomness()
    var throttle: RetryThrottle?
    for _ in 0..<200 {
      let state = RetryState(Self.policy)
      let pause = try #require(
        state.attemptFailed(.aborted, throttle: &throttle, using: &random))
      #expect((.microseconds(79_999) ... .microseconds(120_001)).contains(pause))
    }
  }

  @Test("only failures that the policy names are followed by another attempt")
  func codes() {
    for code in Status.Code.allCases where code != .ok {
      var throttle: RetryThrottle?
      let pause = Self.fail(RetryState(Self.policy), code, throttle: &throttle)
      #expect((pause != nil) == Self.policy.retryableCodes.contains(code), "\(code)")
    }
  }

  @Test("once an answer has begun there is no other attempt")
  func committed() {
    var throttle: RetryThrottle?
    let state = RetryState(Self.policy)
    state.commit()
    #expect(Self.fail(state, .unavailable, throttle: &throttle) == nil)
    #expect(state.previousAttempts == 0)
  }

  @Test("the server's word about the pause wins, and starts the growth anew")
  func pushback() {
    var throttle: RetryThrottle?
    let state = RetryState(Self.policy)
    #expect(Self.fail(state, .unavailable, throttle: &throttle) == 100)
    #expect(Self.fail(state, .unavailable, .after(.milliseconds(7)), throttle: &throttle) == 7)
    #expect(Self.fail(state, .unavailable, throttle: &throttle) == 100)
    #expect(Self.fail(state, .unavailable, .never, throttle: &throttle) == nil)
    let other = RetryState(Self.policy)
    #expect(Self.fail(other, .notFound, .after(.zero), throttle: &throttle) == nil)
  }

  @Test(
    "the server's word is a number of milliseconds, anything else means no",
    arguments: [
      ("0", .after(.zero)), ("15", .after(.milliseconds(15))), ("007", .after(.milliseconds(7))),
      ("999999999", .after(.milliseconds(999_999_999))), ("-1", .never), ("", .never),
      ("1.5", .never), ("abc", .never), ("1 ", .never), ("99999999999", .never),
    ] as [(String, RetryPushback)])
  func pushbackText(text: String, expected: RetryPushback) {
    Array(text.utf8).withUnsafeBufferPointer { #expect(RetryPushback($0) == expected) }
  }

  @Test("a policy has at most five attempts, and at least one")
  func bounds() {
    #expect(RetryPolicy(maxAttempts: 9).maxAttempts == 5)
    #expect(RetryPolicy(maxAttempts: 0).maxAttempts == 1)
    var policy = RetryPolicy(maxAttempts: 2)
    policy.maxAttempts = 100
    #expect(policy.maxAttempts == 5)
  }

  @Test("when half of the tokens are gone nothing is repeated, until successes bring them back")
  func throttling() {
    var throttle: RetryThrottle? = RetryThrottle(RetryThrottling(maxTokens: 4, tokenRatio: 0.5))
    #expect(Self.fail(RetryState(Self.policy), .unavailable, throttle: &throttle) != nil)
    #expect(Self.fail(RetryState(Self.policy), .notFound, throttle: &throttle) == nil)
    #expect(throttle?.allowsRetries == true, "a failure that nobody repeats takes nothing")
    #expect(Self.fail(RetryState(Self.policy), .unavailable, throttle: &throttle) == nil)
    throttle?.succeeded()
    #expect(throttle?.allowsRetries == true)
    #expect(Self.fail(RetryState(Self.policy), .notFound, .never, throttle: &throttle) == nil)
    #expect(throttle?.allowsRetries == false, "a server that says no is one that fails")
    for _ in 0..<100 { throttle?.failed() }
    for _ in 0..<4 { throttle?.succeeded() }
    #expect(throttle?.allowsRetries == false, "it is empty, not in debt: two tokens of four")
    throttle?.succeeded()
    #expect(throttle?.allowsRetries == true)
    for _ in 0..<100 { throttle?.succeeded() }
    throttle?.failed()
    throttle?.failed()
    #expect(throttle?.allowsRetries == false, "it never holds more than its limit")
  }

  @Test(
    "the caller's word about idempotency wins over the contract's",
    arguments: [
      (nil, .unknown, false), (nil, .idempotent, true), (nil, .noSideEffects, true),
      (true, .unknown, true), (false, .noSideEffects, false),
    ] as [(Bool?, MethodDescriptor.Idempotency, Bool)])
  func idempotency(word: Bool?, contract: MethodDescriptor.Idempotency, expected: Bool) {
    let method = MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: "a.B"), method: "C", kind: .unary,
      idempotency: contract)
    let head = ClientRequestHead(
      method: method, metadata: [:], deadline: nil, options: CallOptions(isIdempotent: word))
    #expect(head.isRepeatable == expected)
  }
}
