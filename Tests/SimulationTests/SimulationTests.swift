import Foundation
import LedgerConformance
import Testing

/// One after the other: each takes all processors for a while.
@Suite("The ledger and its service on a simulated machine, network, disk and clock", .serialized)
struct SimulationTests {
  @Test("tell everybody what the model says, and lose nothing, whatever goes wrong")
  func campaign() async throws {
    let count = SimulationSize.seeds(usual: 200)
    let first = CampaignSize.firstSeed
    print("simulations: \(count) from seed \(first)")
    let result = try await Simulations.run(first..<first + UInt64(count)) { done in
      if done % 1_000 == 0 { print("\(done) simulations") }
    }
    print(result.summary)
    if count >= 200 {
      #expect(SimulationSize.wanted.filter { result.counts[$0] == nil } == [])
    }
  }

  @Test("the same seed makes the same history, another seed another")
  func repeatable() async throws {
    let seeds: [UInt64] = [1, 2, 3, 4, 5]
    var hashes: [UInt64] = []
    for seed in seeds {
      let first = try await Simulations.run(seed..<seed + 1)
      let again = try await Simulations.run(seed..<seed + 1)
      #expect(first.hash == again.hash, "seed \(seed)")
      hashes.append(first.hash)
    }
    #expect(Set(hashes).count == seeds.count)
    print("histories: \(hashes.map { String($0, radix: 16) })")
  }

  @Test("histories that were judged wrongly once are judged well", arguments: [
    // The client reads that its answer is too old after the process that said so has crashed.
    676_428_474 as UInt64
  ])
  func regressions(seed: UInt64) async throws {
    #expect(try await Simulations.run(seed..<seed + 1).count == 1)
  }

  @Test("a trap names the seed of the simulation in which it happens")
  func trap() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      TrapNote.during("the simulation of seed 4711 trapped") { () -> Void in
        preconditionFailure("as the test wants")
      }
    }
    let told = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(told.contains("the simulation of seed 4711 trapped"), "\(told)")
    #expect(told.contains("as the test wants"), "\(told)")
  }

  @Test("a fault that was planted is found", arguments: World.Sabotage.allCases)
  func sabotage(_ sabotage: World.Sabotage) async throws {
    let found = await #expect(throws: Breach.self) {
      try await Simulations.run(1..<121, sabotage: sabotage)
    }
    print("\(sabotage): \(found?.description.prefix(300) ?? "")")
  }
}
