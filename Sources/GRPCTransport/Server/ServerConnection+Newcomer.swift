import GRPC
import NIOCore

extension ServerConnection: Newcomer {
  /// Age of a connection from which on its client is not new: 1 s. Floods are sent away sooner.
  static let newcomerNanoseconds: Int64 = 1_000_000_000
  /// Bytes that a newcomer's session is given at once: 4 KiB.
  private static let sliceBytes = 4096
  /// How much of a newcomer is read at once: 2 KiB, four times in a turn of the loop.
  static let newcomersReads = FixedSizeRecvByteBufferAllocator(capacity: 2048)
  /// Time after which no further slice follows in the same turn: 100 us.
  private static let turnNanoseconds: Int64 = 100_000
  /// Bytes in line from which on no more are read: 64 KiB.
  private static let unreadBytesMax = 64 * 1024

  /// Takes what a client has sent that is new, or was when it sent what is still in line.
  func readInLine(_ bytes: ByteBuffer, at now: Deadline) {
    if unread == nil {
      unread = bytes
      timeAtHead = now
      loop.newcomers.join(self)
      timeAtHead = nil
      unread = unread?.compacted
      return
    }
    unread?.writeImmutableBuffer(bytes)
    guard let count = unread?.readableBytes, count > Self.unreadBytesMax else { return }
    setReading(false)
  }

  /// A call of a newcomer has come to a good end.
  func callEndedWell() {
    // Of one who resets calls this may just be one whose reset is still in line.
    if unread == nil || !hasReset { becomeKnown() }
  }

  /// The client has shown that it means well: from now on it is read as fast as it sends.
  private func becomeKnown() {
    isKnown = true
    setReads(AdaptiveRecvByteBufferAllocator())
  }

  /// What the client sends is of no use any more, and copying it costs time.
  func readLittle() {
    setReads(Self.newcomersReads)
  }

  private func setReads(_ allocator: any RecvByteBufferAllocator) {
    try? context?.channel.syncOptions?.setOption(.recvAllocator, value: allocator)
  }

  func takeTurn() -> Bool {
    var now = timeAtHead ?? .now()
    let end = now.advanced(byNanoseconds: Self.turnNanoseconds)
    // Whom a call has made known meanwhile does not stand in line for what is left: it is read
    // slice by slice only, while everybody else sends as fast as ever.
    while isKnown || now < end, !isClosing, let slice = nextSlice() {
      // What stood in line behind the client's own bytes has waited for nobody else: a reset that
      // comes a slice after its call comes soon after it.
      arrival = max(arrival, turnStart)
      read(slice, at: now)
      now = .now()
    }
    if isClosing { unread = nil }
    readEnded()
    // Also when the connection is closing: what comes is dropped then, which takes reading.
    guard unread == nil else { return true }
    setReading(true)
    // The first call may be a stream without an end.
    if !isKnown, !isClosing, now >= knownFrom { becomeKnown() }
    return false
  }

  private func nextSlice() -> ByteBuffer? {
    guard var bytes = unread else { return nil }
    unread = nil
    guard bytes.readableBytes > Self.sliceBytes else { return bytes }
    let slice = bytes.readSlice(length: Self.sliceBytes)
    unread = bytes
    return slice
  }

  private func setReading(_ isOn: Bool) {
    guard isOn != isReadingAllowed else { return }
    isReadingAllowed = isOn
    try? context?.channel.syncOptions?.setOption(.autoRead, value: isOn)
  }
}

extension ByteBuffer {
  /// The bytes in a buffer of their size when this one is several times as large, else as they are.
  ///
  /// For bytes that are kept. TLS reads each connection into the same 32 KiB as long as nobody
  /// holds them, and otherwise copies all of them, empty as they may be.
  var compacted: ByteBuffer {
    readableBytes < storageCapacity / 4 ? ByteBuffer(bytes: readableBytesView) : self
  }
}
