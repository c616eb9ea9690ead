import GRPC

/// The small encodings of header values.
enum TextFuzz {
  /// Any bytes survive; any text that is read is the text of something.
  static func base64(_ bytes: UnsafeRawBufferPointer) throws(BrokenProperty) {
    try BrokenProperty.require(
      Base64.decode(Base64.encode(bytes)).map { $0.elementsEqual(bytes) } == true,
      "bytes do not survive base64")
    guard let decoded = Base64.decode(bytes) else { return }
    try BrokenProperty.require(
      Base64.decode(Base64.encode(decoded)) == decoded, "a decoded text does not survive base64")
  }

  /// Any text survives when it is not cut, cut or not it is printable and within the bound.
  static func percentEncoding(_ bytes: UnsafeRawBufferPointer) throws(BrokenProperty) {
    let text = decoded(Array(bytes))
    for bound in [4, 64, .max] {
      let encoded = PercentEncoding.encode(text, maxBytes: bound)
      try BrokenProperty.require(encoded.count <= bound, "more bytes than the bound")
      try BrokenProperty.require(
        encoded.allSatisfy { (0x20...0x7E).contains($0) }, "a byte outside printable ASCII")
      try BrokenProperty.require(
        encoded.first != 0x20 && encoded.last != 0x20, "an outer space")
      let back = decoded(encoded)
      try BrokenProperty.require(
        bound == .max ? back.utf8.elementsEqual(text.utf8) : text.utf8.starts(with: back.utf8),
        "a text does not survive percent-encoding")
    }
  }

  private static func decoded(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBufferPointer { PercentEncoding.decode($0) }
  }

  /// What is read is not negative; what is written is read as no less, and little more.
  static func timeout(_ input: inout FuzzInput) throws(BrokenProperty) {
    let text = input.rest.bindMemory(to: UInt8.self)
    if let nanoseconds = GRPCTimeout.decode(text) {
      try BrokenProperty.require(nanoseconds >= 0, "a negative timeout")
    }
    var wide: UInt64 = 0
    for _ in 0..<8 { wide = wide << 8 | UInt64(input.byte()) }
    let wanted = Int64(bitPattern: wide)
    let encoded = GRPCTimeout.encode(nanoseconds: wanted)
    guard let read = GRPCTimeout.decode(encoded) else {
      throw BrokenProperty(description: "\(encoded) is not read")
    }
    try BrokenProperty.require(
      encoded.utf8.count <= 9 && read > 0 && read >= wanted, "\(wanted) ns becomes \(encoded)")
    let excess = read.subtractingReportingOverflow(max(wanted, 1))
    try BrokenProperty.require(
      read == .max || excess.partialValue <= max(wanted, 1) / 1_000,
      "\(wanted) ns becomes much more: \(encoded)")
  }
}
