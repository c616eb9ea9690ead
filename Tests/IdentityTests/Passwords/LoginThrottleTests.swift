import Testing

@testable import Identity

@Suite("The login throttle")
struct LoginThrottleTests {
  let time = ManualClock()

  @Test("Ten attempts at once, then one per 40 seconds, whatever the case of the name")
  func burst() throws {
    let throttle = LoginThrottle(clock: time.clock)
    let name = try #require(Username("alice"))
    for _ in 0..<10 { #expect(throttle.begin(name) == nil) }
    #expect(throttle.begin(name) == 40)
    #expect(throttle.begin(try #require(Username("ALICE"))) == 40)
    time.now += 39
    #expect(throttle.begin(name) == 1)
    time.now += 1
    #expect(throttle.begin(name) == nil)
    #expect(throttle.begin(name) == 40)
  }

  @Test("No hour holds more than 100 failures")
  func hourly() throws {
    let throttle = LoginThrottle(clock: time.clock)
    let name = try #require(Username("alice"))
    var failures: [Int64] = []
    for _ in 0..<3 * 3600 {
      time.now += 1
      if throttle.begin(name) == nil { failures.append(time.now) }
    }
    for start in failures {
      #expect(failures.count { (start..<start + 3600).contains($0) } <= 100)
    }
    #expect(failures.count > 250)
  }

  @Test("Right passwords cost nothing")
  func forgiveness() throws {
    let throttle = LoginThrottle(clock: time.clock)
    let name = try #require(Username("alice"))
    for _ in 0..<100 {
      #expect(throttle.begin(name) == nil)
      throttle.forgive(name)
    }
  }
}
