@testable import HTTP2

/// Hands fields to a test the way a session hands out a received block.
enum HeaderBlock {
  @discardableResult
  static func with<Result>(
    _ fields: [(String, String)], _ body: (FieldView) throws -> Result
  ) rethrows -> Result {
    let bytes = fields.flatMap { Array($0.0.utf8) + Array($0.1.utf8) }
    var start = 0
    let entries = fields.map { name, value in
      defer { start += name.utf8.count + value.utf8.count }
      return FieldView.Entry(
        nameStart: start, nameCount: name.utf8.count, valueStart: start + name.utf8.count,
        valueCount: value.utf8.count)
    }
    return try bytes.withUnsafeBufferPointer { bytes in
      try entries.withUnsafeBufferPointer { entries in
        try body(FieldView(bytes: bytes.baseAddress, entries: entries))
      }
    }
  }
}

extension FieldList {
  /// The fields as text, as a peer would see them.
  var text: [String] {
    func text(_ part: Part) -> String {
      switch part {
      case .literal(let literal):
        String(
          decoding: UnsafeBufferPointer(start: literal.start, count: literal.count), as: UTF8.self)
      case .stored(let start, let count):
        String(decoding: bytes[start..<(start + count)], as: UTF8.self)
      }
    }
    return entries.map { text($0.name) + "=" + text($0.value) }
  }
}
