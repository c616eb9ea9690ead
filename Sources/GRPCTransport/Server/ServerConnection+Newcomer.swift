import GRPC
import NIOCore

extension ServerConnection: Newcomer {
  /// Bytes that a newcomer's session is given at once: 4 KiB.
  private static let sliceBytes = 4096
  /// Time after which no further slice follows in the same turn: 100 us.
  private static let turnNanoseconds: Int64 = 100_000
  /// Bytes in line from which on no more are read: 64 KiB.
  private static let unreadBytesMax = 64 * 1024

  /// Takes what a client has sent that is new, or was when it sent what is still in line.
  func readInLine(_ bytes: ByteBuffer) {
    if unread == nil {
      noteArrival(at: .now())
      unread = bytes
      return loop.newcomers.join(self)
    }
    unread?.writeImmutableBuffer(bytes)
    guard let count = unread?.readableBytes, count > Self.unreadBytesMax else { return }
    setReading(false)
  }

  func takeTurn() -> Bool {
    var now = Deadline.now()
    let end = now.advanced(byNanoseconds: Self.turnNanoseconds)
    while now < end, !isClosing, let slice = nextSlice() {
      read(slice, at: now)
      now = .now()
    }
    if isClosing { unread = nil }
    readEnded()
    if unread == nil, !isClosing { setReading(true) }
    return unread != nil
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
