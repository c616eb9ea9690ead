import Testing

@testable import Ledger

@Suite("How long the writer takes")
struct WriterPaceTests {
  @Test("is not known before the first batch, and then follows what batches took")
  func estimate() {
    var pace = WriterPace()
    #expect(pace.isWorthQueueing(timeLeft: .nanoseconds(1), behind: 1000, batchMax: 10))
    pace.took(.milliseconds(8))
    #expect(pace.batch == .milliseconds(8))
    pace.took(.milliseconds(16))
    #expect(pace.batch == .milliseconds(9))
    for _ in 0..<100 { pace.took(.milliseconds(2)) }
    #expect(pace.batch < .milliseconds(3))
  }

  @Test("twice, and four times for each batch before, has to fit into a newcomer's time", arguments: [
    (0, 20, false), (0, 21, true), (5, 40, false), (5, 41, true), (10, 60, false), (10, 61, true),
  ])
  func isWorthQueueing(waiting: Int, milliseconds: Int, isWorth: Bool) {
    var pace = WriterPace()
    pace.took(.milliseconds(10))
    let left = Duration.milliseconds(milliseconds)
    #expect(pace.isWorthQueueing(timeLeft: left, behind: waiting, batchMax: 10) == isWorth)
  }

  @Test("keeps nobody out for long: a pause of the disk is forgotten while all are refused")
  func doubt() {
    var pace = WriterPace()
    pace.took(.seconds(60))
    for _ in 0..<20 { pace.doubt() }
    #expect(pace.batch < .milliseconds(1))
  }
}
