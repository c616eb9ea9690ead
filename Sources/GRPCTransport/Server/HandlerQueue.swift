/// The unary calls of one event loop that wait for others before their handlers begin, without
/// loops and clocks.
///
/// So many handlers as may run at once keep what they wait for busy. More of them would make it
/// slower, and in the end all of them late. The others wait here, where they cost little, in the
/// order in which they came; whose time will not do any more is refused when it is their turn.
///
/// ```
/// request is there ──room──▶ begins ──suspends──▶ running ──returns──▶ room for the next
///                 └──none──▶ waits ──its turn──▶ begins, or is refused
///                              └──gone──▶ forgotten
/// ```
struct HandlerQueue<Call> {
  /// How often a handler's time must fit into what is left of a call's: its answer has a way to go,
  /// and what it waits for may be slower this time.
  private static var timesLeftMin: Int64 { 4 }
  /// The part of the estimate that each handler renews: an eighth.
  private static var share: Int64 { 8 }
  /// Calls that have gone are kept in the line up to this number, or until they are half of it.
  private static var goneMax: Int { 64 }

  private let runningMax: Int
  /// Handlers that have begun and not returned.
  private(set) var running = 0
  /// How long handlers took of late.
  private(set) var handlerNanoseconds: Int64 = 0
  private var line: [Call] = []
  private var first = 0
  private var gone = 0

  /// A queue behind so many handlers at once, one at least.
  init(runningMax: Int) {
    self.runningMax = max(runningMax, 1)
  }

  /// Whether nobody waits.
  var isEmpty: Bool { first == line.count }
  /// How many wait, those included that have gone and are still in the line.
  var count: Int { line.count - first }
  /// Whether the handler of a newcomer may begin at once.
  var hasRoom: Bool { running < runningMax && isEmpty }

  /// A handler did not finish at once.
  mutating func began() {
    running += 1
  }

  /// Such a handler has returned, after so long.
  mutating func returned(after nanoseconds: Int64) {
    running -= 1
    let isFirst = handlerNanoseconds == 0
    handlerNanoseconds += (nanoseconds - handlerNanoseconds) / (isFirst ? 1 : Self.share)
  }

  /// A newcomer gets in line.
  mutating func append(_ call: Call) {
    line.append(call)
  }

  /// Takes the first in line, if there is room for its handler.
  mutating func next() -> Call? {
    guard running < runningMax, first < line.count else { return nil }
    let call = line[first]
    first += 1
    // Moved up when half of the line is behind: each place is moved once or so.
    if first == line.count || first >= Self.goneMax && 2 * first >= line.count {
      line.removeFirst(first)
      first = 0
    }
    return call
  }

  /// Somebody in line has gone; once in a while all are let out for whom that holds.
  mutating func left(_ hasGone: (Call) -> Bool) {
    gone += 1
    guard gone > Self.goneMax, 2 * gone > count else { return }
    line.removeSubrange(..<first)
    line.removeAll(where: hasGone)
    first = 0
    gone = 0
  }

  /// Whether a call with so much time left is refused when its turn comes.
  func isHopeless(nanosecondsLeft: Int64) -> Bool {
    nanosecondsLeft / Self.timesLeftMin < handlerNanoseconds
  }
}
