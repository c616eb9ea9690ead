/// A string compared by its bytes.
///
/// Swift's `String` treats canonically equivalent texts as equal (`é` in one and in two code
/// points); JSON names and protobuf map keys that differ in bytes are different.
struct ExactString: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: ExactString, right: ExactString) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
    hasher.combine(0xFF as UInt8)
  }
}
