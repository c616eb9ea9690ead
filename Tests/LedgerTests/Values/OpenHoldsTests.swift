import LedgerConformance
import Testing

@testable import Ledger

@Suite("An account's open holds")
struct OpenHoldsTests {
  private func hold(_ seq: Int64, micros: Int64 = 1) -> Hold {
    Hold(
      terms: HoldTerms(
        id: HoldID(seq: seq), account: "u", price: nil, sessionID: "",
        openedAt: LedgerTime(microseconds: 0)),
      state: .open, grantedMicros: micros,
      pins: [Pin(allocation: AllocationID(seq: 1), amountMicros: micros)],
      expiresAt: LedgerTime(microseconds: 60_000_000), reportedMicros: 0, reportedUsage: nil,
      endedAt: nil, isLateSettled: false)
  }

  @Test("are what a dictionary of them would be, in order, whatever comes and goes")
  func model() {
    let seed = CampaignSize.firstSeed
    print("seed of the open holds: \(seed)")
    var random = SeededGenerator(seed: seed)
    var model: [HoldID: Hold] = [:]
    var holds = OpenHolds()
    for _ in 0..<2_000 {
      let seq = Int64.random(in: 1...40, using: &random)
      let hold = hold(seq, micros: .random(in: 1...9, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        #expect(holds.remove(hold.id) === model.removeValue(forKey: hold.id))
      case 1:
        holds[hold.id] = nil
        model[hold.id] = nil
      default:
        holds[hold.id] = hold
        model[hold.id] = hold
      }
      #expect(holds[hold.id] === model[hold.id])
      #expect(holds.map(\.id) == model.keys.sorted() && holds.allSatisfy { model[$0.id] === $0 })
    }
  }

  @Test("are put in order when they are taken over")
  func takenOver() {
    let holds = OpenHolds([9, 2, 5].map { hold($0) })
    #expect(holds.map(\.id.seq) == [2, 5, 9] && OpenHolds().isEmpty)
  }
}
