import CZlib

/// One compressing state of zlib, for one message at a time: about 256 KiB.
///
/// Unchecked: the state is a C object that its pool lends to one user at a time.
final class Deflater: @unchecked Sendable {
  /// Level 1 is several times faster than the default and loses a few percent of size: a message is
  /// compressed while a caller waits for it.
  private static let level: Int32 = 1
  /// zlib's own default, the middle between memory and speed.
  private static let memoryLevel: Int32 = 8

  private let stream: UnsafeMutablePointer<z_stream>

  /// Makes a state; nil when there is no memory for it.
  init?(_ algorithm: CompressionAlgorithm) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = deflateInit2_(
      stream, Self.level, Z_DEFLATED, ZlibFormat.windowBits(of: algorithm), Self.memoryLevel,
      Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Compresses one message; returns the bytes written, nil when they do not fit into `output`.
  func deflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Int? {
    guard deflateReset(stream) == Z_OK, let room = UInt32(exactly: output.count),
      let length = UInt32(exactly: input.count)
    else { return nil }
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = length
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = room
    defer {
      stream.pointee.next_in = nil
      stream.pointee.next_out = nil
    }
    guard CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
    return Int(room - stream.pointee.avail_out)
  }
}

enum ZlibFormat {
  /// The window of 32 KiB, and the header around the compressed bytes: +16 means gzip.
  static func windowBits(of algorithm: CompressionAlgorithm) -> Int32 {
    algorithm == .gzip ? MAX_WBITS + 16 : MAX_WBITS
  }
}
