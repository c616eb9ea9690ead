import Synchronization
import Testing

@testable import Identity

@Suite("A program's own token")
struct RenewingTokenTests {
  struct Down: Error {}
  let time = ManualClock()

  @Test("It is kept until a minute before its end, then renewed")
  func renewal() async throws {
    let made = Atomic<Int>(0)
    let time = time
    let token = RenewingToken(clock: time.clock) {
      let number = made.add(1, ordering: .relaxed).newValue
      return .init(token: "t\(number)", expiresAt: time.now + 600)
    }
    #expect(try await token.token() == "t1")
    time.now += 539
    #expect(try await token.token() == "t1")
    time.now += 1
    #expect(try await token.token() == "t2")
  }

  @Test("Calls at once share one renewal, and after a failure the next call tries again")
  func sharing() async throws {
    let made = Atomic<Int>(0)
    let isDown = Atomic<Bool>(true)
    let time = time
    let token = RenewingToken(clock: time.clock) {
      made.add(1, ordering: .relaxed)
      try await Task.sleep(for: .milliseconds(1))
      if isDown.load(ordering: .relaxed) { throw Down() }
      return .init(token: "t", expiresAt: time.now + 600)
    }
    await #expect(throws: Down.self) { try await token.token() }
    isDown.store(false, ordering: .relaxed)
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<50 { group.addTask { try await token.token() } }
      for try await text in group { #expect(text == "t") }
    }
    #expect(made.load(ordering: .relaxed) == 2)
  }
}
