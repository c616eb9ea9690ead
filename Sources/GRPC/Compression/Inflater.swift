import CZlib

/// Why a compressed message could not be read.
enum InflationFailure: Error, Equatable {
  /// The bytes are not what the encoding says, or their checksum is wrong.
  case corrupt
  /// The bytes end before the compressed data does.
  case truncated
  /// Something follows the compressed data.
  case trailingBytes
  /// The message is larger than the limit; no more than one byte of the excess was produced.
  case tooLarge(limit: Int)
  /// The library got no memory.
  case outOfMemory

  /// What the caller of the failed call is told.
  var rpcError: RPCError {
    switch self {
    case .corrupt:
      RPCError(code: .internalError, message: "a compressed message is corrupt")
    case .truncated:
      RPCError(code: .internalError, message: "a compressed message ends too early")
    case .trailingBytes:
      RPCError(code: .internalError, message: "bytes follow the end of a compressed message")
    case .tooLarge(let limit):
      RPCError(
        code: .resourceExhausted,
        message: "a message inflates to more than the limit of \(limit) bytes")
    case .outOfMemory:
      RPCError(code: .resourceExhausted, message: "no memory to inflate a message")
    }
  }
}

/// One inflating state of zlib, for one message at a time: about 60 KiB with its chunk.
///
/// ```
/// input ──▶ zlib ──▶ chunk (16 KiB) ──▶ message (never more than the limit)
///                       └── one byte over the limit ──▶ tooLarge
/// ```
/// Unchecked: the state is a C object that its pool lends to one user at a time.
final class Inflater: @unchecked Sendable {
  private static let chunkBytes = 16 * 1024
  /// First reservation for a message; it grows with what really comes out.
  private static let reservationMax = 64 * 1024

  private let stream: UnsafeMutablePointer<z_stream>
  private let chunk: UnsafeMutableBufferPointer<UInt8>

  /// Makes a state; nil when there is no memory for it.
  ///
  /// - Parameter empty: names where zlib takes its memory, `malloc` when it names nothing.
  init?(_ empty: z_stream = z_stream()) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: empty)
    let code = inflateInit2_(
      stream, MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      stream.deallocate()
      return nil
    }
    chunk = .allocate(capacity: Self.chunkBytes)
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    chunk.deallocate()
  }

  /// Inflates one whole message of at most `limit` bytes.
  func inflate(
    _ input: UnsafeRawBufferPointer, _ algorithm: CompressionAlgorithm, limit: Int
  ) throws(InflationFailure) -> [UInt8] {
    precondition(limit >= 0)
    guard inflateReset2(stream, ZlibFormat.windowBits(of: algorithm)) == Z_OK else {
      throw .outOfMemory
    }
    guard let length = UInt32(exactly: input.count) else { throw .corrupt }
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = length
    defer {
      stream.pointee.next_in = nil
      stream.pointee.next_out = nil
    }
    var message: [UInt8] = []
    message.reserveCapacity(min(limit, Self.reservationMax, input.count * 4))
    while true {
      let room = limit - message.count
      let offered = room < chunk.count ? room + 1 : chunk.count
      stream.pointee.next_out = chunk.baseAddress
      stream.pointee.avail_out = UInt32(offered)
      let code = CZlib.inflate(stream, Z_NO_FLUSH)
      let produced = offered - Int(stream.pointee.avail_out)
      guard produced <= room else { throw .tooLarge(limit: limit) }
      append(produced, to: &message, limit: limit)
      switch code {
      case Z_STREAM_END:
        guard stream.pointee.avail_in == 0 else { throw .trailingBytes }
        return message
      case Z_OK:
        continue
      case Z_BUF_ERROR:
        // There is always room, so it is input that is missing.
        throw .truncated
      case Z_MEM_ERROR:
        throw .outOfMemory
      default:
        throw .corrupt
      }
    }
  }

  /// Doubles the message's memory like any array, but never beyond the limit.
  private func append(_ count: Int, to message: inout [UInt8], limit: Int) {
    let needed = message.count + count
    if needed > message.capacity {
      let doubled = message.capacity.multipliedReportingOverflow(by: 2)
      message.reserveCapacity(max(needed, min(limit, doubled.overflow ? limit : doubled.0)))
    }
    message.append(contentsOf: chunk[..<count])
  }
}
