import Testing

@testable import Conversation

/// `#expect` takes values only, and asking a breaker changes it.
private func admitted(_ breaker: inout CircuitBreaker, _ now: ContinuousClock.Instant) -> Bool {
  breaker.admits(at: now)
}

@Suite struct CircuitBreakerTests {
  @Test("five failures in a row open it for a second, then one call probes")
  func opens() {
    var breaker = CircuitBreaker()
    let start = ContinuousClock.now
    for _ in 0..<CircuitBreaker.failuresMax {
      #expect(admitted(&breaker, start))
      breaker.failed(at: start)
    }
    #expect(!admitted(&breaker, start))
    #expect(!admitted(&breaker, start + .milliseconds(999)))
    #expect(admitted(&breaker, start + .seconds(1)))
    #expect(!admitted(&breaker, start + .seconds(1)), "only one call probes")
    breaker.succeeded()
    #expect(admitted(&breaker, start + .seconds(1)))
  }

  @Test("a success in between starts the count again")
  func successResets() {
    var breaker = CircuitBreaker()
    let now = ContinuousClock.now
    for _ in 0..<10 {
      breaker.failed(at: now)
      breaker.succeeded()
    }
    #expect(admitted(&breaker, now))
  }

  @Test("a failed probe opens it again")
  func failedProbe() {
    var breaker = CircuitBreaker()
    let now = ContinuousClock.now
    for _ in 0..<5 { breaker.failed(at: now) }
    #expect(admitted(&breaker, now + .seconds(1)))
    breaker.failed(at: now + .seconds(1))
    #expect(!admitted(&breaker, now + .milliseconds(1999)))
    #expect(admitted(&breaker, now + .seconds(2)))
  }
}
