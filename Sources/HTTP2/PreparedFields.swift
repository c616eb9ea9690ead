import CNghttp2

/// Header fields that are sent often, laid out once for all sendings.
///
/// Unchecked: the pairs are written once, and point to literals, which live as long as the program.
public final class PreparedFields: @unchecked Sendable {
  /// The fields.
  public let list: FieldList
  let pairs: UnsafeMutableBufferPointer<nghttp2_nv>

  /// Prepares a list that is made of literals alone.
  public init(_ list: FieldList) {
    let pairs = list.entries.map { entry in
      guard case .literal = entry.name, case .literal = entry.value else {
        preconditionFailure("only literals live long enough to be prepared")
      }
      return entry.pair(storedIn: nil)
    }
    self.list = list
    self.pairs = .allocate(capacity: pairs.count)
    _ = self.pairs.initialize(from: pairs)
  }

  deinit {
    pairs.deallocate()
  }
}

extension FieldList.Entry {
  /// The field as the library takes it. It copies what is not a literal.
  func pair(storedIn bytes: UnsafePointer<UInt8>?) -> nghttp2_nv {
    var flags = neverIndexed ? NGHTTP2_NV_FLAG_NO_INDEX.rawValue : 0
    var pair = nghttp2_nv()
    switch name {
    case .literal(let text):
      pair.name = UnsafeMutablePointer(mutating: text.start)
      pair.namelen = text.count
      flags |= NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue
    case .stored(let start, let count):
      pair.name = UnsafeMutablePointer(mutating: bytes?.advanced(by: start))
      pair.namelen = count
    }
    switch value {
    case .literal(let text):
      pair.value = UnsafeMutablePointer(mutating: text.start)
      pair.valuelen = text.count
      flags |= NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
    case .stored(let start, let count):
      pair.value = UnsafeMutablePointer(mutating: bytes?.advanced(by: start))
      pair.valuelen = count
    }
    pair.flags = UInt8(truncatingIfNeeded: flags)
    return pair
  }
}
