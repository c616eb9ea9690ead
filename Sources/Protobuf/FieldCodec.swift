/// How one field of a given type is read and written; passed to the map accessors as a type.
public protocol FieldCodec {
  associatedtype Value: Sendable & Hashable
  static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> Value
  static func write(_ value: Value, _ index: Int, into writer: inout MessageWriter)
}

/// A type that protobuf allows as a map key.
public protocol MapKeyCodec: FieldCodec {
  /// The order in which entries are written: by number, false before true, strings by their UTF-8
  /// bytes.
  static func precedes(_ left: Value, _ right: Value) -> Bool
}

/// int32, sint32 and sfixed32.
public enum Int32Field: MapKeyCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> Int32 {
    view.int32(index)
  }
  @inlinable
  public static func write(_ value: Int32, _ index: Int, into writer: inout MessageWriter) {
    writer.int32(value, index)
  }
  @inlinable
  public static func precedes(_ left: Int32, _ right: Int32) -> Bool { left < right }
}

/// int64, sint64 and sfixed64.
public enum Int64Field: MapKeyCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> Int64 {
    view.int64(index)
  }
  @inlinable
  public static func write(_ value: Int64, _ index: Int, into writer: inout MessageWriter) {
    writer.int64(value, index)
  }
  @inlinable
  public static func precedes(_ left: Int64, _ right: Int64) -> Bool { left < right }
}

/// uint32 and fixed32.
public enum UInt32Field: MapKeyCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> UInt32 {
    view.uint32(index)
  }
  @inlinable
  public static func write(_ value: UInt32, _ index: Int, into writer: inout MessageWriter) {
    writer.uint32(value, index)
  }
  @inlinable
  public static func precedes(_ left: UInt32, _ right: UInt32) -> Bool { left < right }
}

/// uint64 and fixed64.
public enum UInt64Field: MapKeyCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> UInt64 {
    view.uint64(index)
  }
  @inlinable
  public static func write(_ value: UInt64, _ index: Int, into writer: inout MessageWriter) {
    writer.uint64(value, index)
  }
  @inlinable
  public static func precedes(_ left: UInt64, _ right: UInt64) -> Bool { left < right }
}

/// bool.
public enum BoolField: MapKeyCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> Bool {
    view.bool(index)
  }
  @inlinable
  public static func write(_ value: Bool, _ index: Int, into writer: inout MessageWriter) {
    writer.bool(value, index)
  }
  @inlinable
  public static func precedes(_ left: Bool, _ right: Bool) -> Bool { !left && right }
}

/// string.
public enum StringField: MapKeyCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> String {
    try view.string(index)
  }
  @inlinable
  public static func write(_ value: String, _ index: Int, into writer: inout MessageWriter) {
    writer.string(value, index)
  }
  @inlinable
  public static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}

/// float.
public enum FloatField: FieldCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> Float {
    view.float(index)
  }
  @inlinable
  public static func write(_ value: Float, _ index: Int, into writer: inout MessageWriter) {
    writer.float(value, index)
  }
}

/// double.
public enum DoubleField: FieldCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> Double {
    view.double(index)
  }
  @inlinable
  public static func write(_ value: Double, _ index: Int, into writer: inout MessageWriter) {
    writer.double(value, index)
  }
}

/// bytes.
public enum BytesField: FieldCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> [UInt8] {
    view.bytes(index)
  }
  @inlinable
  public static func write(_ value: [UInt8], _ index: Int, into writer: inout MessageWriter) {
    writer.bytes(value, index)
  }
}

/// An enum.
public enum EnumField<E: ProtoEnum>: FieldCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> E {
    view.enumeration(index)
  }
  @inlinable
  public static func write(_ value: E, _ index: Int, into writer: inout MessageWriter) {
    writer.enumeration(value, index)
  }
}

/// A message; a map entry without value reads as the default message.
public enum MessageField<M: Message>: FieldCodec {
  @inlinable
  public static func read(_ view: MessageView, _ index: Int) throws(DecodeError) -> M {
    try view.message(index) ?? M()
  }
  @inlinable
  public static func write(_ value: M, _ index: Int, into writer: inout MessageWriter) {
    writer.message(value, index)
  }
}
