import GRPC

/// Metadata as it comes from the wire: every field is found again, and only clean ones are sent.
enum MetadataFuzz {
  static func run(_ input: inout FuzzInput) throws(BrokenProperty) {
    var metadata = Metadata()
    var appended = 0
    while !input.isEmpty, appended < 200 {
      append(Array(input.chunk()), Array(input.chunk()), to: &metadata)
      appended += 1
    }
    try BrokenProperty.require(metadata.count == appended, "fields were lost")
    // The session lets only lower-case ASCII names in, and under those values are found.
    for (key, value) in metadata where isLawful(key) {
      switch value {
      case .string(let text):
        try BrokenProperty.require(
          metadata[stringValues: key].contains(text), "a text is not found under its name")
      case .binary(let bytes):
        try BrokenProperty.require(
          metadata[binaryValues: key].contains(bytes), "bytes are not found under their name")
      }
    }
    try checkSending(metadata)
    if let key = metadata.map(\.key).first(where: isLawful) {
      try checkRemoval(of: key, from: metadata)
    }
  }

  private static func isLawful(_ name: String) -> Bool {
    name.utf8.allSatisfy { (0x21...0x7E).contains($0) && !(0x41...0x5A).contains($0) }
  }

  private static func append(_ name: [UInt8], _ value: [UInt8], to metadata: inout Metadata) {
    name.withUnsafeBufferPointer { name in
      value.withUnsafeBufferPointer { metadata.appendWireField(name: name, value: $0) }
    }
  }

  /// CR, LF, NUL and upper case never pass the check before sending.
  private static func checkSending(_ metadata: Metadata) throws(BrokenProperty) {
    guard (try? metadata.validateForSending()) != nil else { return }
    var isClean = true
    metadata.forEachField { name, value in
      isClean =
        isClean && !name.isEmpty && value.allSatisfy { (0x20...0x7E).contains($0) }
        && name.allSatisfy { (0x21...0x7E).contains($0) && !(0x41...0x5A).contains($0) }
    }
    try BrokenProperty.require(isClean, "a field that breaks HTTP/2 may be sent")
  }

  private static func checkRemoval(
    of key: String, from metadata: Metadata
  ) throws(BrokenProperty) {
    var metadata = metadata
    metadata.removeAllValues(forKey: key)
    try BrokenProperty.require(
      metadata[stringValues: key].isEmpty, "a removed name still has values")
  }
}
