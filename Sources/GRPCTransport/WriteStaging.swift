import NIOCore

/// Collects the small pieces of a write before they go into a `ByteBuffer`.
///
/// A frame is some ten bytes long and adding to a `ByteBuffer` takes some hundred instructions, so
/// pieces are put together here first. Shared by the connections of an event loop, one at a time.
final class WriteStaging {
  private static let capacity = 32 * 1024

  private let memory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: WriteStaging.capacity, alignment: 16)
  @exclusivity(unchecked) private var count = 0

  deinit {
    memory.deallocate()
  }

  /// Adds a piece; to the buffer itself when it is large.
  func add(_ piece: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
    if piece.count > memory.count - count {
      flush(to: &output)
      if piece.count > memory.count / 4 {
        output.writeBytes(piece)
        return
      }
    }
    guard let start = piece.baseAddress, let free = memory.baseAddress else { return }
    (free + count).copyMemory(from: start, byteCount: piece.count)
    count += piece.count
  }

  /// Forgets what was collected.
  func clear() {
    count = 0
  }

  /// Moves what was collected into the buffer.
  func flush(to output: inout ByteBuffer) {
    guard count > 0 else { return }
    output.writeBytes(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    count = 0
  }
}
