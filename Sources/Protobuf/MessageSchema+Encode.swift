import CProtobufC
import Synchronization

extension MessageSchema {
  /// Encodes the fields that `write` sets.
  ///
  /// Generated messages go through ``Message/serializedBytes(headroom:)``; this is for callers
  /// that know the type only at run time.
  ///
  /// - Parameter headroom: number of zero bytes to leave in front of the message.
  /// - Throws: ``EncodeError`` when the message nests too deeply or would pass 2 GiB.
  @inlinable
  public func encode(
    headroom: Int = 0, _ write: (inout MessageWriter) -> Void
  ) throws(EncodeError) -> [UInt8] {
    let encoding = Encoding(schema: self)
    defer { encoding.end() }
    var writer = encoding.writer
    write(&writer)
    return try encoding.pack(headroom: headroom)
  }
}

/// The arena use of one encode.
@usableFromInline
struct Encoding {
  /// The format's limit on the size of a message.
  static let sizeMax = Int(Int32.max)
  /// Working memory for the C structs: honest messages of 2 GiB fit, a runaway loop does not.
  static let memoryMax = 16 << 30

  @usableFromInline let writer: MessageWriter
  private let arena: Arena
  private let scope: Arena.Scope

  @usableFromInline
  init(schema: MessageSchema) {
    if !schema.linked.load(ordering: .acquiring) { SchemaLinker.link(schema) }
    arena = Arena.current
    scope = arena.begin(budget: Self.memoryMax)
    guard let writer = MessageWriter(layout: schema.layout, arena: arena) else {
      preconditionFailure("out of memory")
    }
    self.writer = writer
  }

  @usableFromInline
  func end() { arena.end(scope) }

  @usableFromInline
  func pack(headroom: Int) throws(EncodeError) -> [UInt8] {
    if arena.state.pointee.isTooDeep { throw .tooDeep(limit: MessageWriter.depthMax) }
    if arena.state.pointee.isExhausted { throw .tooLarge }
    let message = UnsafePointer(writer.base.assumingMemoryBound(to: ProtobufCMessage.self))
    let size = protobuf_c_message_get_packed_size(message)
    if size > Self.sizeMax { throw .tooLarge }
    return [UInt8](unsafeUninitializedCapacity: headroom + size) { buffer, count in
      count = headroom + size
      guard let start = buffer.baseAddress else { return }
      start.initialize(repeating: 0, count: headroom)
      let written = protobuf_c_message_pack(message, start + headroom)
      precondition(written == size, "packed size differs from the announced size")
    }
  }
}
