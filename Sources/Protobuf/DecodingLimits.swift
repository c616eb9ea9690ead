/// What a sender may make the receiver spend on one message.
///
/// protobuf-c itself has no depth limit and expands some inputs 76-fold, so every decode runs under
/// these. The defaults fit any honest message up to a few MiB.
public struct DecodingLimits: Sendable, Hashable {
  /// Levels of nested messages; the outermost message is level 1. Never above 200, whatever is
  /// asked: decoding recurses on the caller's stack.
  public var maxDepth: Int
  /// Unknown fields in the whole message tree. Services that fix their contract may go down to 32.
  public var maxUnknownFields: Int
  /// Field records in the whole message tree (a packed list is one record).
  public var maxFieldOccurrences: Int
  /// Working memory granted per byte on the wire, …
  public var memoryPerWireByte: Int
  /// … plus this many bytes for any message, …
  public var memoryBase: Int
  /// … but never more than this many bytes.
  public var memoryMax: Int

  @inlinable
  public init(
    maxDepth: Int = 100, maxUnknownFields: Int = 1_024, maxFieldOccurrences: Int = 1 << 20,
    memoryPerWireByte: Int = 32, memoryBase: Int = 64 << 10, memoryMax: Int = 64 << 20
  ) {
    self.maxDepth = maxDepth
    self.maxUnknownFields = maxUnknownFields
    self.maxFieldOccurrences = maxFieldOccurrences
    self.memoryPerWireByte = memoryPerWireByte
    self.memoryBase = memoryBase
    self.memoryMax = memoryMax
  }

  /// Depth 100, 1,024 unknown fields, 1,048,576 records, 32 bytes of memory per wire byte plus 64
  /// KiB, 64 MiB at most.
  @inlinable
  public static var standard: DecodingLimits { DecodingLimits() }

  /// For input the program chose itself, such as descriptor sets on disk: 1 GiB of memory, 16 M
  /// records and unknown fields.
  public static let trusted = DecodingLimits(
    maxUnknownFields: 1 << 24, maxFieldOccurrences: 1 << 24, memoryPerWireByte: 256,
    memoryBase: 1 << 20, memoryMax: 1 << 30)

  /// The number of bytes the arena may hand out for a message of `wireBytes`.
  func memoryBudget(wireBytes: Int) -> Int {
    let (product, overflow) = wireBytes.multipliedReportingOverflow(by: max(0, memoryPerWireByte))
    if overflow { return memoryMax }
    let (sum, sumOverflow) = product.addingReportingOverflow(max(0, memoryBase))
    return sumOverflow ? memoryMax : min(sum, memoryMax)
  }
}
