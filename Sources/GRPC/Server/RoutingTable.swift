#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The registered methods by path, for lookup with the bytes of a request and without a String.
///
/// Built once when a server starts. Only the exact bytes of a registered path match, and what
/// interceptors see is the registered method, never the text of the request (CVE-2026-33186).
///
///     slots (a power of two, at most half full): index of a method, or -1
///     collision: the next slot
package final class RoutingTable: Sendable {
  private let slots: [Int32]
  private let paths: [[UInt8]]
  private let methods: [RegisteredMethod]
  /// How the calls of all methods may be compressed.
  let compression: CompressionPolicy

  init(_ methods: [RegisteredMethod], compression: CompressionPolicy = CompressionPolicy()) {
    self.compression = compression
    var capacity = 16
    while capacity < methods.count * 2 { capacity *= 2 }
    var slots = [Int32](repeating: -1, count: capacity)
    let paths = methods.map { Array($0.descriptor.path.utf8) }
    for (index, path) in paths.enumerated() {
      var slot = path.withUnsafeBufferPointer { Self.hash($0) } & (capacity - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = Int32(index)
    }
    self.slots = slots
    self.paths = paths
    self.methods = methods
  }

  /// The method with exactly this path.
  package func method(at path: UnsafeBufferPointer<UInt8>) -> RegisteredMethod? {
    var slot = Self.hash(path) & (slots.count - 1)
    while slots[slot] >= 0 {
      let index = Int(slots[slot])
      if Self.areEqual(paths[index], path) { return methods[index] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private static func areEqual(_ known: [UInt8], _ path: UnsafeBufferPointer<UInt8>) -> Bool {
    guard known.count == path.count, let start = path.baseAddress else { return false }
    return known.withUnsafeBufferPointer { known in
      known.baseAddress.map { memcmp($0, start, path.count) == 0 } ?? false
    }
  }

  /// Takes eight bytes at a time, the last eight perhaps twice. A peer cannot choose what is in the
  /// table, so it need not resist collisions.
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    var hash = UInt64(raw.count)
    func add(_ word: UInt64) {
      hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 32
    }
    guard raw.count >= 8 else {
      for byte in raw { add(UInt64(byte)) }
      return Int(truncatingIfNeeded: hash)
    }
    for offset in stride(from: 0, through: raw.count - 8, by: 8) {
      add(raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    add(raw.loadUnaligned(fromByteOffset: raw.count - 8, as: UInt64.self))
    return Int(truncatingIfNeeded: hash)
  }
}
