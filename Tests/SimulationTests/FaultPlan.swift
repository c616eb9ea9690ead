import LedgerConformance

/// How likely what goes wrong in one simulation, in percent. Some have calm disks and wild
/// networks, some the reverse: a mixture that is always the same finds less.
struct FaultPlan {
  var requestLost = 0
  var requestTwice = 0
  var replyLost = 0
  var connectionReset = 0
  var slowMessage = 0
  var commitFull = 0
  var commitFails = 0
  var commitUnknown = 0
  var crashInCommit = 0
  var slowCommit = 0
  var readFails = 0
  var slowRead = 0
  var slowTables = 0
  // What a moment of trouble brings, in thousandths.
  var crash = 0
  var restart = 0
  var clock = 0
  var clog = 0

  /// Nothing goes wrong.
  static let calm = FaultPlan()

  static func random(_ random: inout SeededGenerator) -> FaultPlan {
    func rate(_ low: Int, _ high: Int) -> Int {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<3: 0
      case 3..<8: low
      default: high
      }
    }
    return FaultPlan(
      requestLost: rate(3, 15), requestTwice: rate(5, 20), replyLost: rate(5, 25),
      connectionReset: rate(3, 12), slowMessage: rate(10, 40), commitFull: rate(2, 12),
      commitFails: rate(2, 10), commitUnknown: rate(3, 15), crashInCommit: rate(2, 10),
      slowCommit: rate(10, 40), readFails: rate(2, 8), slowRead: rate(5, 20),
      slowTables: rate(20, 60), crash: rate(12, 40), restart: rate(6, 20), clock: rate(15, 40),
      clog: rate(15, 40))
  }
}
