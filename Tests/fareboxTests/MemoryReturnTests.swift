import Testing

@testable import farebox

@Suite struct QuietWatchTests {
  @Test("memory is given back when work is over, once for each time")
  func quiet() {
    // Processor time in milliseconds at each look, and whether that is the moment.
    let looks: [(at: Int, isTime: Bool)] = [
      (1_010, false), (1_050, false),  // nothing happened
      (3_000, false), (6_000, false),  // at work
      (6_020, true), (6_060, false), (6_090, false),  // quiet, and nothing since
      (6_200, true),  // a little happened
      (6_799, false), (6_800, true),
    ]
    var watch = QuietWatch(at: .milliseconds(1_000))
    for (at, isTime) in looks {
      #expect(watch.look(at: .milliseconds(at)) == isTime, "\(at)")
      if isTime { watch.noteTrim(at: .milliseconds(at + 5)) }
    }
  }
}
