import Protobuf
import RPCInspect
import Testing

@Suite struct JSONStreamSplitterTests {
  private static let values = [
    #"{"a":"}{","b":[1,{"c":"\"\\"}]}"#, "[]", #""text {""#, "12.5", "true", "{}", "null",
  ]

  @Test("Values come out whole wherever the stream is cut")
  func everyCut() throws {
    let text = Array(Self.values.joined(separator: "\n ").utf8)
    for cut in 0...text.count {
      var splitter = JSONStreamSplitter()
      var found = try splitter.push(text[..<cut])
      found += try splitter.push(text[cut...])
      found += try splitter.finish()
      #expect(found.map { $0.text() } == Self.values, "cut at \(cut)")
    }
  }

  @Test("An object is out as soon as its last bracket is in, without waiting for more")
  func immediate() throws {
    var splitter = JSONStreamSplitter()
    #expect(try splitter.push(Array(#"{"a":1}{"a""#.utf8)).count == 1)
    #expect(try splitter.push(Array(#":2}"#.utf8)).count == 1)
    #expect(try splitter.finish().isEmpty)
  }

  @Test(
    "What is not JSON is refused, at once or at the end",
    arguments: ["{]", "}", "{\"a\":1} nonsense", "[1", "\"a", "{\"a\":1,\"a\":2}"])
  func malformed(text: String) {
    #expect(throws: JSONError.self) {
      var splitter = JSONStreamSplitter()
      _ = try splitter.push(Array(text.utf8))
      _ = try splitter.finish()
    }
  }
}
