import Testing

@testable import GRPC

@Suite("Metadata")
struct MetadataTests {
  @Test("keeps the order of equal names and lowers upper case")
  func order() {
    var metadata = Metadata()
    metadata.addString("one", forKey: "X-Trace")
    metadata.addString("other", forKey: "second")
    metadata.addString("two", forKey: "x-trace")
    #expect(metadata[stringValues: "x-trace"] == ["one", "two"])
    #expect(metadata[stringValues: "X-TRACE"] == ["one", "two"])
    #expect(metadata.firstString(forKey: "second") == "other")
    #expect(metadata.firstString(forKey: "third") == nil)
    #expect(metadata.map(\.key) == ["x-trace", "second", "x-trace"])
    #expect(metadata.count == 3)
  }

  @Test("is empty without owning memory, and equal to a literal with the same fields")
  func literal() {
    let metadata: Metadata = ["a": "1", "b-bin": [1, 2, 3]]
    var other = Metadata()
    #expect(other.isEmpty)
    other.addString("1", forKey: "a")
    other.addBinary([1, 2, 3], forKey: "b-bin")
    #expect(metadata == other)
    #expect(metadata.hashValue == other.hashValue)
  }

  @Test("replaces and removes all values of a name, and only those")
  func replace() {
    var metadata: Metadata = ["a": "1", "b": "2", "a": "3"]
    metadata.replaceOrAddString("4", forKey: "A")
    #expect(metadata == ["b": "2", "a": "4"])
    metadata.removeAllValues(forKey: "b")
    #expect(metadata == ["a": "4"])
    metadata.replaceOrAddBinary([9], forKey: "x-bin")
    #expect(metadata.firstBinary(forKey: "x-bin") == [9])
  }

  @Test("brings binary values back for every length, and sends them unpadded")
  func binaryRoundTrip() throws {
    for length in 0...64 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
      var metadata = Metadata()
      metadata.addBinary(bytes, forKey: "data-bin")
      try metadata.validateForSending()
      #expect(metadata[binaryValues: "data-bin"] == [bytes])
      metadata.forEachField { _, value in #expect(!value.contains(UInt8(ascii: "="))) }
    }
  }

  @Test(
    "reads received binary values padded or not, and several in one field",
    arguments: [
      ("q6ur", [[0xAB, 0xAB, 0xAB]]), ("AQ==", [[1]]), ("AQ", [[1]]), ("", [[]]),
      ("AQ,Ag==, Aw", [[1], [2], [3]]), ("A", []), ("A*==", []), ("AQ===", []),
    ] as [(String, [[UInt8]])])
  func binaryReceived(text: String, expected: [[UInt8]]) {
    var metadata = Metadata()
    metadata.appendWire("x-bin", text)
    #expect(metadata[binaryValues: "x-bin"] == expected)
  }

  @Test(
    "refuses to send what would break out of a header",
    arguments: [
      ("a", "x\r\ny: z"), ("a", "x\n"), ("a", "\0"), ("a", "é"), ("a", "\u{7F}"), ("a", "\t"),
      ("a\r\nb", "x"), ("a b", "x"), ("a:b", "x"), (":path", "/x"), ("", "x"), ("ä", "x"),
      ("grpc-status", "0"), ("grpc-timeout", "1S"), ("te", "x"), ("TE", "x"),
      ("content-type", "x"), ("user-agent", "x"), ("connection", "x"), ("host", "x"),
      ("transfer-encoding", "x"),
    ])
  func refusesToSend(name: String, value: String) {
    var metadata = Metadata()
    metadata.addString(value, forKey: name)
    let error = #expect(throws: RPCError.self) { try metadata.validateForSending() }
    #expect(error?.code == .internalError)
    #expect(error?.message.contains(where: \.isNewline) == false)
  }

  @Test("sends every printable value and every legal name")
  func sends() throws {
    var metadata = Metadata()
    metadata.addString(
      String(decoding: Array(UInt8(0x20)...0x7E), as: UTF8.self), forKey: "abc-xyz_0.9")
    metadata.addString("", forKey: "empty")
    metadata.addString("Bearer abc", forKey: "authorization")
    try metadata.validateForSending()
  }

  @Test("does not show values in its description")
  func description() {
    let metadata: Metadata = ["authorization": "secret"]
    #expect("\(metadata)" == "[authorization]")
  }
}

extension Metadata {
  /// Appends a field as if it had been received.
  mutating func appendWire(_ name: String, _ value: String) {
    Array(name.utf8).withUnsafeBufferPointer { name in
      Array(value.utf8).withUnsafeBufferPointer { appendWireField(name: name, value: $0) }
    }
  }
}
