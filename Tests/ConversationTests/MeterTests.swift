import Testing

@testable import Conversation

@Suite struct MeterTests {
  @Test("chunks are delivered while they fit, whole or not at all")
  func wholeChunks() {
    var meter = Meter(granted: 5)
    for (tokens, fits) in [(3, true), (3, false), (2, true), (1, false)] as [(Int64, Bool)] {
      let chunk = ModelChunk(text: "", tokens: tokens)
      #expect((meter.admit(chunk) == .deliver) == fits)
      if fits { meter.recordDelivery(of: chunk) }
    }
    #expect(meter.delivered == 5)
  }

  @Test("a provider that lies about counts cannot overflow or get tokens for free",
    arguments: [Int64.max, 0, -1, .min])
  func lies(tokens: Int64) {
    var meter = Meter(granted: 2)
    meter.recordDelivery(of: ModelChunk(text: "a", tokens: 1))
    let chunk = ModelChunk(text: "b", tokens: tokens)
    #expect(meter.admit(chunk) == (tokens == .max ? .exhausted : .deliver))
  }
}
