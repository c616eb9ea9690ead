import Ledger
import Testing

@Suite("The wall clock of a simulation")
struct VirtualWallClockTests {
  private let simulator = Simulator(seed: 1)

  private func pass(_ time: Duration) { simulator.block(for: time) { true } }

  @Test("stands still for good once it is stopped, whatever it was about to do")
  func stop() {
    let clock = VirtualWallClock(simulator)
    clock.suffer(.stuck, for: .seconds(2))
    clock.suffer(.forwardAWeek, for: .zero)
    let time = clock.now()
    clock.stop(at: time)
    pass(.seconds(3))
    #expect(clock.now() == time)
  }

  @Test("stands still as long as the last fault says that stopped it, and then catches up")
  func stuckTwice() {
    let clock = VirtualWallClock(simulator)
    let time = clock.now()
    clock.suffer(.stuck, for: .seconds(2))
    pass(.seconds(1))
    clock.suffer(.stuck, for: .seconds(4))
    pass(.seconds(3))
    #expect(clock.now() == time)
    pass(.seconds(1))
    #expect(clock.now() == time.adding(.seconds(5)))
  }
}
