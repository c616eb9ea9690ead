import Foundation
import HTTP2
import Synchronization
import Testing

/// A peer that says goodbye while requests wait to be sent (CVE-2023-35945: the library leaked each
/// of them when its close callback failed; ours never does).
@Suite("Requests that meet a GOAWAY")
struct GoAwayTests {
  /// 1,000,000 requests when FAREBOX_LONG is set.
  private static let rounds =
    (ProcessInfo.processInfo.environment["FAREBOX_LONG"] ?? "").isEmpty ? 100 : 10_000
  private static let requestsPerRound = 100
  /// What a million leaked header blocks would exceed by far.
  private static let growthMax = 64 << 20

  /// Counts those that live.
  private final class Witness {
    static let living = Atomic(0)
    init() { Self.living.add(1, ordering: .relaxed) }
    deinit { Self.living.subtract(1, ordering: .relaxed) }
  }

  /// SETTINGS, RST_STREAM of the first stream and a GOAWAY that names none.
  private static let farewell: [UInt8] =
    [0, 0, 0, 4, 0, 0, 0, 0, 0] + [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7]
    + [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  /// One connection: some requests are sent, the others wait, the peer leaves. Returns how many
  /// streams were told that they are closed.
  private static func round(sentFirst: Int) throws -> Int {
    let client = try Session(role: .client)
    var closed = 0
    func note(_ event: Event) { if case .closed = event { closed += 1 } }
    for index in 0..<requestsPerRound {
      if index == sentFirst { try client.pullOutput({ _ in }, note) }
      let stream = try client.submitRequest(.request(), context: Witness())
      client.send([0, 0, 0, 0, 1, 7], on: stream)
    }
    try farewell.withUnsafeBytes { try client.receive($0, note) }
    try client.pullOutput({ _ in }, note)
    #expect(client.openStreams.isEmpty)
    return closed
  }

  @Test("each is closed once, and nothing of any is left")
  func nothingIsLeft() throws {
    let before = try Self.residentBytes()
    for index in 0..<Self.rounds {
      let closed = try Self.round(sentFirst: 1 + index % (Self.requestsPerRound - 1))
      #expect(closed == Self.requestsPerRound)
    }
    #expect(Witness.living.load(ordering: .relaxed) == 0)
    if Self.rounds > 100 {
      #expect(try Self.residentBytes() - before < Self.growthMax)
    }
  }

  /// Zero where the system does not tell.
  private static func residentBytes() throws -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return 0
    }
    return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
  }
}
