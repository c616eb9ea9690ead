import Testing

@testable import GRPCTransport

@Suite("When an address gets another connection")
struct ConnectionScalingTests {
  /// A connection to the rule: so many streams of so many are in use.
  private final class Line {
    var used = 0
    let streamsMax: Int
    init(_ streamsMax: Int) { self.streamsMax = streamsMax }
    var hasRoom: Bool { used < streamsMax }
  }

  private typealias Scaling = ConnectionScaling<Line>

  /// An address with connections that allow so many streams each, made one after the other.
  private static func address(_ lines: [Line], connectionsMax: Int) -> Scaling {
    var scaling = Scaling(connectionsMax: connectionsMax)
    for (index, line) in lines.enumerated() {
      if index == 0 {
        #expect(scaling.connect() == true)
      } else {
        #expect(scaling.callsWait { _ in false } == true)
      }
      #expect(scaling.becameReady(line) == (index == 0 ? .first : .additional))
    }
    return scaling
  }

  /// Places calls until none finds room; the index of the connection of each.
  private static func fill(_ scaling: Scaling) -> [Int] {
    var places: [Int] = []
    while let line = scaling.oldest(where: { $0.hasRoom }) {
      line.used += 1
      places.append(scaling.connections.firstIndex { $0 === line } ?? -1)
    }
    return places
  }

  @Test("calls fill the oldest connection first, and take a place there that becomes free")
  func oldestFirst() {
    let lines = [Line(2), Line(1), Line(3)]
    let scaling = Self.address(lines, connectionsMax: 3)
    #expect(Self.fill(scaling) == [0, 0, 1, 2, 2, 2])
    lines[2].used = 0
    lines[0].used = 1
    #expect(Self.fill(scaling).first == 0)
  }

  @Test("another one is attempted when calls wait, all are full, and there may be more")
  func grows() {
    let lines = [Line(1), Line(1)]
    var scaling = Self.address([lines[0]], connectionsMax: 2)
    #expect(scaling.callsWait { $0.hasRoom } == false, "there is room")
    lines[0].used = 1
    #expect(scaling.callsWait { $0.hasRoom } == true)
    #expect(scaling.callsWait { $0.hasRoom } == false, "one attempt at a time")
    #expect(scaling.becameReady(lines[1]) == .additional)
    lines[1].used = 1
    #expect(scaling.callsWait { $0.hasRoom } == false, "the limit is reached")
    #expect(scaling.connections.map(ObjectIdentifier.init) == lines.map(ObjectIdentifier.init))
  }

  @Test(
    "the limit is at least one and at most ten",
    arguments: [(-1, 1), (0, 1), (1, 1), (2, 2), (10, 10), (11, 10), (.max, 10)])
  func limits(asked: Int, granted: Int) {
    var scaling = Scaling(connectionsMax: asked)
    #expect(scaling.connect() == true)
    var lines = [Line(0)]
    _ = scaling.becameReady(lines[0])
    while scaling.callsWait(hasRoom: { $0.hasRoom }) {
      lines.append(Line(0))
      _ = scaling.becameReady(lines[lines.count - 1])
    }
    #expect(scaling.connections.count == granted)
  }

  @Test("without a connection the attempt is the balancer's, and its failure is the address's")
  func first() {
    var random = SystemRandomNumberGenerator()
    var scaling = Scaling(connectionsMax: 3)
    #expect(scaling.callsWait { _ in false } == false)
    #expect(scaling.connect() == true)
    #expect(scaling.connect() == false)
    #expect(scaling.attemptFailed(using: &random) == .addressFailed)
    #expect(scaling.connect() == true, "when to try again is the balancer's business")
  }

  @Test("after a failed attempt there is a pause, longer each time, until one succeeds")
  func pauses() throws {
    var random = SystemRandomNumberGenerator()
    var scaling = Self.address([Line(0)], connectionsMax: 3)
    for base in [1000.0, 1600, 2560] {
      #expect(scaling.callsWait { $0.hasRoom } == true)
      guard case .pause(let pause) = scaling.attemptFailed(using: &random) else {
        Issue.record("no pause")
        return
      }
      let milliseconds = Double(pause / .milliseconds(1))
      #expect((base * 0.79...base * 1.21).contains(milliseconds))
      #expect(scaling.callsWait { $0.hasRoom } == false, "the pause lasts")
      scaling.pauseEnded()
    }
    #expect(scaling.callsWait { $0.hasRoom } == true)
    #expect(scaling.becameReady(Line(0)) == .additional)
    #expect(scaling.callsWait { $0.hasRoom } == true)
    guard case .pause(let pause) = scaling.attemptFailed(using: &random) else {
      Issue.record("no pause")
      return
    }
    #expect(pause < .milliseconds(1210), "the success counts")
  }

  @Test("the address is lost with its last connection; before that the next one takes its place")
  func losses() {
    let lines = [Line(1), Line(1), Line(1)]
    var scaling = Self.address(lines, connectionsMax: 3)
    guard case .additionalLost = scaling.lost(lines[1]) else {
      Issue.record("the second is not the first")
      return
    }
    guard case .unknown = scaling.lost(lines[1]) else {
      Issue.record("lost twice")
      return
    }
    guard case .firstLost(let next) = scaling.lost(lines[0]) else {
      Issue.record("the first is lost")
      return
    }
    #expect(next === lines[2])
    lines[2].used = 1
    #expect(scaling.callsWait { $0.hasRoom } == true, "there may be more again")
    guard case .addressLost = scaling.lost(lines[2]) else {
      Issue.record("the last is lost")
      return
    }
    #expect(scaling.connect() == false, "the attempt under way serves the balancer as well")
    #expect(scaling.becameReady(Line(1)) == .first)
  }

  @Test("what the balancer wants after the loss of the last does not wait for the pause")
  func lossDuringPause() {
    var random = SystemRandomNumberGenerator()
    let line = Line(0)
    var scaling = Self.address([line], connectionsMax: 2)
    #expect(scaling.callsWait { $0.hasRoom } == true)
    _ = scaling.attemptFailed(using: &random)
    _ = scaling.lost(line)
    #expect(scaling.connect() == true)
    scaling.pauseEnded()
    #expect(scaling.connect() == false, "a late timer does not end the attempt")
  }
}
