import NIOCore
import Testing

@testable import GRPCTransport

@Suite struct NewcomerLineTests {
  /// Works as often as it is told, and notes each time.
  private final class Client: Newcomer {
    let name: String
    var turnsLeft: Int
    let log: Log

    init(_ name: String, turns: Int, _ log: Log) {
      self.name = name
      turnsLeft = turns
      self.log = log
    }

    func takeTurn() -> Bool {
      log.names.append(name)
      turnsLeft -= 1
      return turnsLeft > 0
    }
  }

  private final class Log {
    var names: [String] = []
    var pauses: [() -> Void] = []

    /// Lets the loop go on after a pause.
    func resume() { if !pauses.isEmpty { pauses.removeFirst()() } }
  }

  @Test("whoever comes when nobody waits works at once")
  func alone() {
    let log = Log()
    let line = NewcomerLine { log.pauses.append($0) }
    line.join(Client("a", turns: 1, log))
    #expect(log.names == ["a"])
    log.resume()
    line.join(Client("b", turns: 1, log))
    #expect(log.names == ["a", "b"])
  }

  @Test("one works between two pauses, in the order in which they came")
  func inLine() {
    let log = Log()
    let line = NewcomerLine { log.pauses.append($0) }
    for name in ["a", "b", "c"] { line.join(Client(name, turns: 1, log)) }
    #expect(log.names == ["a"])
    log.resume()
    #expect(log.names == ["a", "b"])
    log.resume()
    #expect(log.names == ["a", "b", "c"])
    log.resume()
    #expect(log.pauses.isEmpty)
  }

  @Test("whoever has more to do goes to the end of the line")
  func again() {
    let log = Log()
    let line = NewcomerLine { log.pauses.append($0) }
    line.join(Client("a", turns: 3, log))
    line.join(Client("b", turns: 2, log))
    while !log.pauses.isEmpty { log.resume() }
    #expect(log.names == ["a", "a", "b", "a", "b"])
  }

  @Test("what waits in line holds a buffer of its size, not the large one that it was read into")
  func compacted() {
    var large = ByteBufferAllocator().buffer(capacity: 32 * 1024)
    large.writeString("skipped, kept")
    large.moveReaderIndex(forwardBy: 9)
    #expect(large.compacted == ByteBuffer(string: "kept"))
    #expect(large.compacted.storageCapacity < 64)
    large.writeRepeatingByte(7, count: 16 * 1024)
    #expect(large.compacted == large)
    #expect(large.compacted.storageCapacity == large.storageCapacity, "copying would gain nothing")
    #expect(ByteBuffer().compacted == ByteBuffer())
  }
}
