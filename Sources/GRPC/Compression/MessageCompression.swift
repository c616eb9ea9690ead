/// Compresses and inflates whole messages. Every message has a fresh context, as gRPC demands, so
/// one can be read without those before it.
package enum MessageCompression {
  /// Messages below this many bytes are sent as they are: the header and checksum of gzip alone
  /// take 18.
  static let compressedBytesMin = 32
  /// Messages above this many bytes are compressed away from event loops: 64 KiB take about 1 ms.
  static let inlineBytesMax = 64 * 1024
  /// Messages that may be larger than this many bytes are inflated there, in about as long.
  static let inlineInflatedBytesMax = 256 * 1024
  /// What a byte can inflate to at most (zlib's own figure for its format).
  private static let expansionMax = 1032
  /// Idle states kept of each kind: at most 2 MiB for each way to compress, 0.5 MiB to inflate.
  private static let idleStatesMax = 8

  private static let gzip = StatePool(idleMax: idleStatesMax) { Deflater(.gzip) }
  private static let deflate = StatePool(idleMax: idleStatesMax) { Deflater(.deflate) }
  private static let inflaters = StatePool(idleMax: idleStatesMax) { Inflater() }

  /// The framed message with a compressed payload, or itself when that would not be smaller.
  package static func compress(
    framed: [UInt8], with algorithm: CompressionAlgorithm
  ) -> [UInt8] {
    let prefixLength = LengthPrefixedMessage.prefixLength
    guard algorithm != .identity, framed.count >= prefixLength + compressedBytesMin else {
      return framed
    }
    let pool = algorithm == .gzip ? gzip : deflate
    let compressed = pool.withState { deflater in
      [UInt8](unsafeUninitializedCapacity: framed.count - 1) { output, count in
        // In front of a payload that has to be at least one byte smaller.
        let payload = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(output)[
          prefixLength..<(framed.count - 1)])
        let written = framed.withUnsafeBytes { framed in
          deflater.deflate(
            UnsafeRawBufferPointer(rebasing: framed[prefixLength...]), into: payload)
        }
        guard let written else { return }
        count = prefixLength + written
        LengthPrefixedMessage.writePrefix(length: UInt32(written), flag: 1, to: output)
      }
    }
    guard let compressed, !compressed.isEmpty else { return framed }
    return compressed
  }

  /// The same, without holding up the event loop that the caller may be running on.
  package static func compressAside(
    framed: [UInt8], with algorithm: CompressionAlgorithm
  ) async -> [UInt8] {
    guard framed.count > inlineBytesMax else { return compress(framed: framed, with: algorithm) }
    return await withTaskExecutorPreference(globalConcurrentExecutor) {
      compress(framed: framed, with: algorithm)
    }
  }

  /// The message inside a compressed payload.
  ///
  /// Throws RESOURCE_EXHAUSTED as soon as more than `maxBytes` come out, INTERNAL when the bytes
  /// are not exactly one message in the encoding.
  package static func inflate(
    _ payload: [UInt8], with algorithm: CompressionAlgorithm, maxBytes: Int
  ) throws(RPCError) -> [UInt8] {
    precondition(algorithm != .identity, "nothing to inflate")
    do throws(InflationFailure) {
      let message = try inflaters.withState { inflater throws(InflationFailure) -> [UInt8] in
        try payload.withUnsafeBufferPointer { bytes throws(InflationFailure) -> [UInt8] in
          try inflater.inflate(UnsafeRawBufferPointer(bytes), algorithm, limit: maxBytes)
        }
      }
      guard let message else { throw .outOfMemory }
      return message
    } catch {
      throw error.rpcError
    }
  }

  /// The same, without holding up the event loop that the caller may be running on.
  package static func inflateAside(
    _ payload: [UInt8], with algorithm: CompressionAlgorithm, maxBytes: Int
  ) async throws(RPCError) -> [UInt8] {
    let (possible, overflow) = payload.count.multipliedReportingOverflow(by: expansionMax)
    guard min(overflow ? .max : possible, maxBytes) > inlineInflatedBytesMax else {
      return try inflate(payload, with: algorithm, maxBytes: maxBytes)
    }
    return try await withTaskExecutorPreference(globalConcurrentExecutor) {
      () async throws(RPCError) -> [UInt8] in
      try inflate(payload, with: algorithm, maxBytes: maxBytes)
    }
  }
}
