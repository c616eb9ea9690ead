import Synchronization

/// What was agreed about compression for one call on the server, and what the handler decided.
///
/// Usable from any thread, without a lock; part of its call, so it costs no memory of its own.
struct CallCompression: ~Copyable, Sendable {
  /// What responses may be compressed with.
  let accepted: CompressionAlgorithms
  /// What compressed request messages are inflated with.
  private let request: CompressionAlgorithm
  /// The algorithm of the responses, and ``fixedFlag`` once a message relies on it.
  private let choice: Atomic<UInt8>
  private let lastWasCompressed = Atomic(false)

  private static let fixedFlag: UInt8 = 0x80

  /// Takes over what the header block of the request led to.
  init(_ machine: borrowing ServerStreamStateMachine) {
    accepted = machine.acceptedCompression
    request = machine.requestCompression
    choice = Atomic(machine.defaultCompression.rawValue)
  }

  // MARK: Responses

  /// What the responses are compressed with, as far as is decided.
  var responses: CompressionAlgorithm { Self.algorithm(choice.load(ordering: .acquiring)) }

  /// Decides about the responses; false when that cannot be, or comes too late.
  func choose(_ algorithm: CompressionAlgorithm) -> Bool {
    guard accepted.allows(algorithm) else { return false }
    var known = choice.load(ordering: .relaxed)
    while known & Self.fixedFlag == 0 {
      let (exchanged, current) = choice.compareExchange(
        expected: known, desired: algorithm.rawValue, ordering: .acquiringAndReleasing)
      if exchanged { return true }
      known = current
    }
    return false
  }

  /// What the responses are compressed with, from now on for good.
  func fix() -> CompressionAlgorithm {
    let known = choice.load(ordering: .acquiring)
    guard known & Self.fixedFlag == 0 else { return Self.algorithm(known) }
    return Self.algorithm(
      choice.bitwiseOr(Self.fixedFlag, ordering: .acquiringAndReleasing).newValue)
  }

  private static func algorithm(_ choice: UInt8) -> CompressionAlgorithm {
    CompressionAlgorithm(rawValue: choice & ~fixedFlag) ?? .identity
  }

  // MARK: Requests

  /// Whether the request message taken last came compressed.
  var lastRequestWasCompressed: Bool { lastWasCompressed.load(ordering: .acquiring) }

  /// Takes note of a compressed request message, and returns what to inflate it with.
  func tookCompressed() -> CompressionAlgorithm {
    lastWasCompressed.store(true, ordering: .releasing)
    return request
  }

  /// Takes note of a request message that came as it is.
  func tookPlain() {
    if request != .identity { lastWasCompressed.store(false, ordering: .releasing) }
  }
}
