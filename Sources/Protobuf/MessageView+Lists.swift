extension MessageView {
  /// The elements of a repeated field as they lie in memory.
  @inlinable
  func elements<Element>(
    _ index: Int, of type: Element.Type
  ) -> UnsafeBufferPointer<Element> {
    let field = field(index)
    precondition(field.pointee.isRepeated, "not a repeated field")
    return UnsafeBufferPointer(
      start: (base + Int(field.pointee.offset)).load(as: UnsafePointer<Element>?.self),
      count: (base + Int(field.pointee.quantifier)).load(as: Int.self))
  }

  /// The number of elements of a repeated or map field.
  @inlinable
  public func count(_ index: Int) -> Int { elements(index, of: UInt8.self).count }

  @inlinable
  public func repeatedInt32(_ index: Int) -> [Int32] { [Int32](elements(index, of: Int32.self)) }
  @inlinable
  public func repeatedInt64(_ index: Int) -> [Int64] { [Int64](elements(index, of: Int64.self)) }
  @inlinable
  public func repeatedUInt32(_ index: Int) -> [UInt32] {
    [UInt32](elements(index, of: UInt32.self))
  }
  @inlinable
  public func repeatedUInt64(_ index: Int) -> [UInt64] {
    [UInt64](elements(index, of: UInt64.self))
  }
  @inlinable
  public func repeatedFloat(_ index: Int) -> [Float] { [Float](elements(index, of: Float.self)) }
  @inlinable
  public func repeatedDouble(_ index: Int) -> [Double] {
    [Double](elements(index, of: Double.self))
  }
  @inlinable
  public func repeatedBool(_ index: Int) -> [Bool] {
    elements(index, of: Int32.self).map { $0 != 0 }
  }

  @inlinable
  public func repeatedEnumeration<E: ProtoEnum>(_ index: Int, as type: E.Type = E.self) -> [E] {
    elements(index, of: Int32.self).map { E(rawValue: $0) }
  }

  /// - Throws: ``DecodeError`` when an element is not UTF-8.
  public func repeatedString(_ index: Int) throws(DecodeError) -> [String] {
    let blobs = blobs(index)
    var result: [String] = []
    result.reserveCapacity(blobs.count)
    for blob in blobs { result.append(try makeString(blob.buffer, index)) }
    return result
  }

  public func repeatedBytes(_ index: Int) -> [[UInt8]] {
    blobs(index).map { [UInt8]($0.buffer) }
  }

  /// - Throws: what an element's own `init(from:)` throws.
  @inlinable
  public func repeatedMessage<M: Message>(
    _ index: Int, as type: M.Type = M.self
  ) throws(DecodeError) -> [M] {
    let count = count(index)
    if count == 0 { return [] }
    var result: [M] = []
    result.reserveCapacity(count)
    for position in 0..<count {
      result.append(try M(from: messageView(index, at: position)))
    }
    return result
  }

  /// The view of one element of a repeated message or map field.
  ///
  /// - Parameter position: below ``count(_:)``.
  @inlinable
  public func messageView(_ index: Int, at position: Int) -> MessageView {
    let pointers = elements(index, of: UnsafeRawPointer?.self)
    precondition(position >= 0 && position < pointers.count, "no such element")
    guard field(index).pointee.shape == .message, let nested = pointers[position],
      let sub = field(index).pointee.sub
    else { preconditionFailure("not a repeated message field") }
    return MessageView(base: nested, layout: sub)
  }

  /// Reads a map; of entries with the same key the last one wins.
  ///
  /// Swift strings that are canonically equivalent are one key, whatever their code points.
  ///
  ///     labels = try view.map(6, key: StringField.self, value: Int64Field.self)
  ///
  /// - Throws: ``DecodeError`` from a key or a value.
  @inlinable
  public func map<Key: MapKeyCodec, Value: FieldCodec>(
    _ index: Int, key: Key.Type, value: Value.Type
  ) throws(DecodeError) -> [Key.Value: Value.Value] {
    let count = count(index)
    if count == 0 { return [:] }
    var result: [Key.Value: Value.Value] = [:]
    for position in 0..<count {
      let entry = messageView(index, at: position)
      result[try Key.read(entry, 0)] = try Value.read(entry, 1)
    }
    return result
  }

  /// protobuf-c's `ProtobufCBinaryData`.
  struct Blob {
    let count: Int
    let start: UnsafePointer<UInt8>?

    var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }
  }

  private func blobs(_ index: Int) -> UnsafeBufferPointer<Blob> {
    precondition(field(index).pointee.shape == .bytes, "not a repeated string or bytes field")
    return elements(index, of: Blob.self)
  }
}
