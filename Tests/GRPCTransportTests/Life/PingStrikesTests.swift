import GRPC
import Testing

@testable import GRPCTransport

@Suite("Ping strikes")
struct PingStrikesTests {
  /// A client that pings.
  private final class Client {
    private var strikes: PingStrikes
    var hasCalls = true

    init(
      interval: Duration = .seconds(300), permits: Bool = false, strikesMax: Int = 2
    ) {
      strikes = PingStrikes(
        .init(interval: interval, permitsPingsWithoutCalls: permits, strikesMax: strikesMax))
    }

    func ping(_ time: Double, hasSent: Bool = false) -> PingStrikes.OnPing {
      strikes.pingReceived(at: second(time), hasCalls: hasCalls, hasSent: hasSent)
    }
  }

  @Test("pings that come too often are forgiven twice, then the client is sent away", arguments: [
    // With calls, five minutes apart.
    (true, false, [0, 300, 600], [.fine, .fine, .fine]),
    (true, false, [0, 299, 300, 301], [.fine, .strike, .fine, .strike]),
    (true, false, [0, 1, 2, 3], [.fine, .strike, .strike, .tooMany]),
    // Strikes do not fade with time, only with what is sent.
    (true, false, [0, 1, 300, 301, 600, 601], [.fine, .strike, .fine, .strike, .fine, .tooMany]),
    // Without calls, two hours apart, unless permitted.
    (false, false, [0, 300, 7199, 7200], [.fine, .strike, .strike, .fine]),
    (false, false, [0, 300, 600, 900], [.fine, .strike, .strike, .tooMany]),
    (false, true, [0, 300, 600, 900], [.fine, .fine, .fine, .fine]),
  ] as [(Bool, Bool, [Double], [PingStrikes.OnPing])])
  func table(hasCalls: Bool, permits: Bool, times: [Double], expected: [PingStrikes.OnPing]) {
    let client = Client(permits: permits)
    client.hasCalls = hasCalls
    #expect(times.map { client.ping($0) } == expected)
  }

  @Test("HEADERS and DATA that were sent wipe the slate clean")
  func progress() {
    let client = Client()
    for tick in 0..<1000 {
      #expect(client.ping(Double(tick) / 100, hasSent: true) == .fine)
    }
    #expect(client.ping(11) == .strike)
    #expect(client.ping(12) == .strike)
    #expect(client.ping(13, hasSent: true) == .fine)
    #expect(client.ping(14) == .strike)
    #expect(client.ping(15) == .strike)
    #expect(client.ping(16) == .tooMany)
  }

  @Test("a longer interval also holds without calls, and counts below zero forgive nothing")
  func settings() {
    let patient = Client(interval: .seconds(10_000))
    patient.hasCalls = false
    #expect(patient.ping(0) == .fine)
    #expect(patient.ping(9999) == .strike)
    let strict = Client(strikesMax: -1)
    #expect(strict.ping(0) == .fine)
    #expect(strict.ping(1) == .tooMany)
    let lax = Client(interval: .zero)
    #expect(lax.ping(0) == .fine)
    #expect(lax.ping(0.002) == .fine)
  }
}
