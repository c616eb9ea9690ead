extension MessageWriter {
  // MARK: Lists of scalars

  @inlinable
  public mutating func repeatedInt32(_ values: [Int32], _ index: Int) { storeList(values, index) }
  @inlinable
  public mutating func repeatedInt64(_ values: [Int64], _ index: Int) { storeList(values, index) }
  @inlinable
  public mutating func repeatedUInt32(_ values: [UInt32], _ index: Int) {
    storeList(values, index)
  }
  @inlinable
  public mutating func repeatedUInt64(_ values: [UInt64], _ index: Int) {
    storeList(values, index)
  }
  @inlinable
  public mutating func repeatedFloat(_ values: [Float], _ index: Int) { storeList(values, index) }
  @inlinable
  public mutating func repeatedDouble(_ values: [Double], _ index: Int) {
    storeList(values, index)
  }
  @inlinable
  public mutating func repeatedBool(_ values: [Bool], _ index: Int) {
    if !values.isEmpty { storeList(values.map { $0 ? 1 : 0 as Int32 }, index) }
  }
  @inlinable
  public mutating func repeatedEnumeration<E: ProtoEnum>(_ values: [E], _ index: Int) {
    if !values.isEmpty { storeList(values.map(\.rawValue), index) }
  }

  public mutating func repeatedString(_ values: [String], _ index: Int) {
    storeBlobs(values.count, index) { position in
      var value = values[position]
      return value.withUTF8 { copy($0) }
    }
  }

  public mutating func repeatedBytes(_ values: [[UInt8]], _ index: Int) {
    storeBlobs(values.count, index) { position in
      values[position].withUnsafeBufferPointer { copy($0) }
    }
  }

  @inlinable
  func storeList<Value: BitwiseCopyable>(_ values: [Value], _ index: Int) {
    if values.isEmpty { return }
    let stride = MemoryLayout<Value>.stride
    guard let array = beginList(count: values.count, stride: stride, index) else { return }
    values.withUnsafeBytes { source in
      if let start = source.baseAddress {
        array.copyMemory(from: start, byteCount: source.count)
      }
    }
  }

  private func storeBlobs(
    _ count: Int, _ index: Int, _ copyElement: (Int) -> MessageView.Blob?
  ) {
    precondition(field(index).pointee.shape == .bytes, "not a repeated string or bytes field")
    let stride = MemoryLayout<MessageView.Blob>.stride
    if count == 0 { return }
    guard let array = beginList(count: count, stride: stride, index) else { return }
    for position in 0..<count {
      // An exhausted arena fails the whole encode later; until then the list must stay readable.
      let blob = copyElement(position) ?? MessageView.Blob(count: 0, start: nil)
      (array + position * stride).storeBytes(of: blob, as: MessageView.Blob.self)
    }
  }

  /// Allocates the element array of a repeated field and points the field to it.
  @usableFromInline
  func beginList(count: Int, stride: Int, _ index: Int) -> UnsafeMutableRawPointer? {
    let field = field(index)
    precondition(field.pointee.isRepeated, "not a repeated field")
    let (size, overflow) = count.multipliedReportingOverflow(by: stride)
    guard !overflow, let array = arena.allocate(size) else { return nil }
    (base + Int(field.pointee.offset)).storeBytes(of: array, as: UnsafeMutableRawPointer.self)
    (base + Int(field.pointee.quantifier)).storeBytes(of: count, as: Int.self)
    return array
  }

  // MARK: Lists of messages

  @inlinable
  public mutating func repeatedMessage<M: Message>(_ values: [M], _ index: Int) {
    if values.isEmpty { return }
    repeatedMessage(index, count: values.count) { position, nested in
      values[position].write(into: &nested)
    }
  }

  /// Writes a list of messages whose type is known only at run time; map entries too.
  ///
  /// - Parameter write: called once per position, in order.
  @inlinable
  public mutating func repeatedMessage(
    _ index: Int, count: Int, _ write: (Int, inout MessageWriter) -> Void
  ) {
    if count == 0 { return }
    for position in 0..<count {
      guard var nested = beginElement(position, of: count, index) else { return }
      write(position, &nested)
      endMessage()
    }
  }

  /// Creates the message at a position; the first call allocates the array. On failure the list
  /// is empty, since protobuf-c follows every pointer in it.
  @usableFromInline
  func beginElement(_ position: Int, of count: Int, _ index: Int) -> MessageWriter? {
    let field = field(index)
    precondition(field.pointee.shape == .message, "not a repeated message field")
    let stride = MemoryLayout<UnsafeMutableRawPointer>.stride
    if position == 0, beginList(count: count, stride: stride, index) == nil { return nil }
    let slot = base + Int(field.pointee.offset)
    guard let sub = field.pointee.sub, let nested = enter(sub),
      let array = slot.load(as: UnsafeMutableRawPointer?.self)
    else {
      (base + Int(field.pointee.quantifier)).storeBytes(of: 0, as: Int.self)
      return nil
    }
    (array + position * stride).storeBytes(of: nested.base, as: UnsafeMutableRawPointer.self)
    return nested
  }

  // MARK: Maps

  /// Writes a map in key order, so that equal messages have equal bytes.
  ///
  ///     writer.map(labels, 6, key: StringField.self, value: Int64Field.self)
  @inlinable
  public mutating func map<Key: MapKeyCodec, Value: FieldCodec>(
    _ values: [Key.Value: Value.Value], _ index: Int, key: Key.Type, value: Value.Type
  ) {
    if values.isEmpty { return }
    let sorted = values.sorted { Key.precedes($0.key, $1.key) }
    repeatedMessage(index, count: sorted.count) { position, entry in
      Key.write(sorted[position].key, 0, into: &entry)
      Value.write(sorted[position].value, 1, into: &entry)
    }
  }
}
