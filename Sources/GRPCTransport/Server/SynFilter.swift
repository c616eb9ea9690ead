/// Drops the SYNs of some addresses where they arrive, in the kernel: a connection that is never
/// made costs nobody anything, one that is accepted and closed costs some 50 us of an event loop.
///
/// Such a client's kernel asks again after a second, then after two and so on, as if the SYN had
/// been lost. What belongs to open connections passes, and to those that wait to be accepted.
///
/// The filter is a program of the classic Berkeley packet filter (Linux,
/// Documentation/networking/filter.rst) at the listener's socket, which takes no privilege:
///
/// ```
/// SYN without ACK? ──no──▶ pass
///   └─ IPv4 ─▶ M[0] = source ─▶ each address: equal ─▶ drop
///   └─ IPv6 ─▶ M[0], M[1] = first half of the source ─▶ each: equal ─▶ drop
///   └───────────────────────────────────────────▶ pass
/// ```
struct SynFilter {
  typealias Source = ConnectionQuota.Source

  /// Addresses that can be dropped at a time: 128. A program for more would not fit into the memory
  /// that a socket has for options (net.core.optmem_max).
  static let sourcesMax = 128

  /// One instruction: operation, jumps when true and when false, operand.
  struct Instruction: Equatable {
    let code: UInt16
    let jumpIfTrue: UInt8
    let jumpIfFalse: UInt8
    let operand: UInt32

    init(_ operation: Operation, _ operand: UInt32, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0) {
      code = operation.rawValue
      jumpIfTrue = ifTrue
      jumpIfFalse = ifFalse
      self.operand = operand
    }
  }

  /// The operations in use, with the numbers of linux/bpf_common.h.
  enum Operation: UInt16 {
    /// A byte, or four, of the packet; offsets count from the header of TCP.
    case loadByte = 0x30
    case loadWord = 0x20
    case loadMemory = 0x60
    case store = 0x02
    case and = 0x54
    case jumpAlways = 0x05
    case jumpIfEqual = 0x15
    case answer = 0x06
  }

  /// Where offsets count from the header of IP: SKF_NET_OFF of linux/filter.h.
  static let networkHeader = UInt32(bitPattern: -0x100000)

  private(set) var sources: Set<Source> = []

  /// Drops the SYNs of an address from now on; false when it did already, or there is no room.
  mutating func insert(_ source: Source) -> Bool {
    guard sources.count < Self.sourcesMax else { return false }
    return sources.insert(source).inserted
  }

  mutating func remove(_ source: Source) {
    sources.remove(source)
  }

  /// The program; empty when nothing is dropped.
  var program: [Instruction] {
    guard !sources.isEmpty else { return [] }
    var four = Self.load(sourceAt: 12, into: 0)
    var six = [Self.load(sourceAt: 8, into: 0), Self.load(sourceAt: 12, into: 1)].flatMap { $0 }
    for source in sources {
      switch source {
      case .v4(let address):
        four.append(contentsOf: Self.drop(address))
      case .v6(let prefix):
        six.append(
          contentsOf: Self.drop(
            UInt32(truncatingIfNeeded: prefix >> 32), UInt32(truncatingIfNeeded: prefix)))
      }
    }
    let pass = Instruction(.answer, .max)
    four.append(pass)
    six.append(pass)
    let head = [
      // RFC 9293 section 3.1: the flags of TCP, of which SYN is 2 and ACK is 16.
      Instruction(.loadByte, 13),
      Instruction(.and, 0x12),
      Instruction(.jumpIfEqual, 0x02, ifTrue: 1),
      pass,
      // The version of IP.
      Instruction(.loadByte, Self.networkHeader),
      Instruction(.and, 0xf0),
      Instruction(.jumpIfEqual, 0x60, ifFalse: 1),
      // Jumps that depend on something reach 255 instructions only.
      Instruction(.jumpAlways, UInt32(clamping: four.count)),
    ]
    return [head, four, six].flatMap { $0 }
  }

  private static func load(sourceAt offset: UInt32, into memory: UInt32) -> [Instruction] {
    [Instruction(.loadWord, networkHeader &+ offset), Instruction(.store, memory)]
  }

  private static func drop(_ address: UInt32) -> [Instruction] {
    [
      Instruction(.loadMemory, 0), Instruction(.jumpIfEqual, address, ifFalse: 1),
      Instruction(.answer, 0),
    ]
  }

  private static func drop(_ high: UInt32, _ low: UInt32) -> [Instruction] {
    [
      Instruction(.loadMemory, 0), Instruction(.jumpIfEqual, high, ifFalse: 3),
      Instruction(.loadMemory, 1), Instruction(.jumpIfEqual, low, ifFalse: 1),
      Instruction(.answer, 0),
    ]
  }
}
