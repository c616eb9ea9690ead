import CProtobufC
import Synchronization

extension MessageSchema {
  /// Decodes wire bytes and lets `read` make a value of the fields.
  ///
  /// Generated messages go through
  /// ``Message/init(serializedBytes:limits:)-(UnsafeRawBufferPointer,_)``; this is for callers
  /// that know the type only at run time.
  ///
  /// - Parameters:
  ///   - bytes: the whole message; read during the call only.
  ///   - read: must not let the view escape: the memory behind it is reused when `read` returns.
  /// - Throws: ``DecodeError`` for malformed input, input over the limits, or what `read` throws.
  @inlinable
  public func decode<Value>(
    _ bytes: UnsafeRawBufferPointer, limits: DecodingLimits = .standard,
    _ read: (MessageView) throws(DecodeError) -> Value
  ) throws(DecodeError) -> Value {
    let decoding = Decoding(budget: limits, wireBytes: bytes.count)
    defer { decoding.end() }
    return try read(try unpack(bytes, limits: limits, in: decoding.arena))
  }

  @usableFromInline
  func unpack(
    _ bytes: UnsafeRawBufferPointer, limits: DecodingLimits, in arena: Arena
  ) throws(DecodeError) -> MessageView {
    if !linked.load(ordering: .acquiring) { SchemaLinker.link(self) }
    guard let address = bytes.baseAddress, bytes.count > 0 else {
      return try unpackChecked(nil, count: 0, limits: limits, in: arena)
    }
    // protobuf-c keeps some lengths in 32 bits.
    guard bytes.count <= Int(Int32.max) else {
      throw layout.pointee.error(.memoryBudgetExceeded(bytes: Int(Int32.max)))
    }
    let start = address.assumingMemoryBound(to: UInt8.self)
    let end = start + bytes.count
    var scanner = WireScanner(limits: limits)
    try scanner.scan(start, end, as: layout)
    if !scanner.needsRewrite {
      return try unpackChecked(start, count: bytes.count, limits: limits, in: arena)
    }
    return try unpackRewritten(start, end, limits: limits, in: arena)
  }

  private func unpackRewritten(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, limits: DecodingLimits,
    in arena: Arena
  ) throws(DecodeError) -> MessageView {
    let budget = limits.memoryBudget(wireBytes: end - start)
    var normalizer = WireNormalizer(mergeBudget: budget)
    do {
      try normalizer.rewrite(start, end, as: layout)
    } catch {
      switch error {
      case .wire(let failure): throw layout.pointee.error(failure.reason)
      case .budgetExceeded: throw layout.pointee.error(.memoryBudgetExceeded(bytes: budget))
      }
    }
    // Lengths in over-long form may make it longer than the original.
    guard normalizer.output.count <= Int(Int32.max) else {
      throw layout.pointee.error(.memoryBudgetExceeded(bytes: budget))
    }
    return try normalizer.output.withUnsafeBufferPointer { buffer throws(DecodeError) in
      try unpackChecked(buffer.baseAddress, count: buffer.count, limits: limits, in: arena)
    }
  }

  private func unpackChecked(
    _ start: UnsafePointer<UInt8>?, count: Int, limits: DecodingLimits, in arena: Arena
  ) throws(DecodeError) -> MessageView {
    let descriptor = layout.pointee.descriptor
    guard let message = protobuf_c_message_unpack(descriptor, arena.allocator, count, start) else {
      if arena.state.pointee.isExhausted {
        throw layout.pointee.error(
          .memoryBudgetExceeded(bytes: limits.memoryBudget(wireBytes: count)))
      }
      // The scan lets only one thing pass that protobuf-c refuses.
      throw layout.pointee.error(mayMissRequiredField ? .missingRequiredField : .rejected)
    }
    return MessageView(base: UnsafeRawPointer(message), layout: layout)
  }

  /// Whether a `required` field exists here or below.
  private var mayMissRequiredField: Bool {
    var seen: Set<ObjectIdentifier> = []
    var pending = [self]
    while let schema = pending.popLast() {
      guard seen.insert(ObjectIdentifier(schema)).inserted else { continue }
      if schema.fields.contains(where: { $0.cardinality == .required }) { return true }
      pending += schema.fields.compactMap(\.type.messageSchema)
    }
    return false
  }
}

/// The arena use of one decode.
@usableFromInline
struct Decoding {
  @usableFromInline let arena: Arena
  private let scope: Arena.Scope

  @usableFromInline
  init(budget limits: DecodingLimits, wireBytes: Int) {
    arena = Arena.current
    scope = arena.begin(budget: limits.memoryBudget(wireBytes: wireBytes))
  }

  @usableFromInline
  func end() { arena.end(scope) }
}
