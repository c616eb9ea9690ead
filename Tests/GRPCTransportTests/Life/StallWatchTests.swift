import GRPC
import Testing

@testable import GRPCTransport

@Suite("Readers that stall")
struct StallWatchTests {
  private static func watch() -> StallWatch {
    StallWatch(.init(bytesMin: 1000, window: .seconds(30)))
  }

  /// When the reader, for whom bytes wait all the time, is found to have stalled.
  private static func end(_ looks: [(at: Double, taken: Int)]) -> Double? {
    var watch = watch()
    for look in looks {
      let reader = StallWatch.Reader(id: 1, taken: look.taken)
      if watch.look(at: second(look.at), waiting: [reader]) == [1] { return look.at }
    }
    return nil
  }

  @Test("a reader that takes less than the least amount in the window has stalled", arguments: [
    ([(0, 0), (10, 0), (20, 0), (29.9, 0), (30, 0)], 30),
    ([(0, 5000), (10, 5000), (30, 5999)], 30),
    ([(0, 5000), (10, 5000), (30, 6000)], nil),
    // One byte now and then is nothing.
    ([(0, 0), (10, 300), (20, 600), (30, 900)], 30),
    // The window begins anew with the amount.
    ([(0, 0), (10, 1000), (20, 1000), (30, 1000), (39.9, 1000), (40, 1999)], 40),
    ([(0, 0), (10, 1000), (20, 2000), (30, 3000), (40, 4000), (50, 5000)], nil),
    // A look that comes late finds no more than one in time would.
    ([(0, 0), (500, 1000), (529, 1000), (530, 1000)], 530),
  ] as [([(at: Double, taken: Int)], Double?)])
  func table(looks: [(at: Double, taken: Int)], end: Double?) {
    #expect(Self.end(looks) == end)
  }

  @Test("who has nothing waiting in between begins anew")
  func interrupted() {
    var watch = Self.watch()
    let reader = StallWatch.Reader(id: 1, taken: 0)
    #expect(watch.look(at: second(0), waiting: [reader]).isEmpty)
    #expect(watch.look(at: second(20), waiting: []).isEmpty)
    #expect(watch.nextLook == nil, "nobody is watched")
    #expect(watch.look(at: second(25), waiting: [reader]).isEmpty)
    #expect(watch.look(at: second(54), waiting: [reader]).isEmpty)
    #expect(watch.look(at: second(55), waiting: [reader]) == [1])
  }

  @Test("every reader has its own window, and looks come three times in it")
  func several() {
    var watch = Self.watch()
    func readers(_ taken: Int...) -> [StallWatch.Reader] {
      taken.enumerated().map { StallWatch.Reader(id: Int32($0.offset), taken: $0.element) }
    }
    #expect(watch.nextLook == nil)
    #expect(watch.look(at: second(0), waiting: readers(0)).isEmpty)
    #expect(watch.nextLook == second(10))
    #expect(watch.look(at: second(10), waiting: readers(0, 0, 0)).isEmpty)
    #expect(watch.look(at: second(30), waiting: readers(10, 10, 5000)) == [0])
    #expect(watch.look(at: second(40), waiting: readers(10, 10, 5000)) == [1])
    #expect(watch.nextLook == second(50))
  }

  @Test("figures that make no sense are made harmless")
  func harmless() {
    var watch = StallWatch(.init(bytesMin: -5, window: .seconds(-1)))
    let reader = StallWatch.Reader(id: 1, taken: 0)
    #expect(watch.look(at: second(0), waiting: [reader]).isEmpty)
    #expect(watch.nextLook == second(0.001))
    #expect(watch.look(at: second(0.001), waiting: [reader]) == [1])
  }
}
