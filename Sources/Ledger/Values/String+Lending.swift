extension String {
  /// Lends the bytes without a copy of the text, which would count its references: every command
  /// asks for those of a dozen texts. Inlined across modules: the type of what may be missing is
  /// looked up at run time else.
  @inlinable @inline(__always)
  package func lendUTF8<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
    if let value = utf8.withContiguousStorageIfAvailable(body) { return value }
    var copy = self
    return copy.withUTF8(body)
  }
}
