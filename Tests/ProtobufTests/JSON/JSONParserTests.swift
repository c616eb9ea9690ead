import Testing

@testable import Protobuf

@Suite struct JSONParserTests {
  @Test(
    "A well-formed text is written back as it was",
    arguments: [
      "null", "true", "false", "0", "-0", "12.50e+3", "18446744073709551615", "[]", "{}", "\"\"",
      "[1,[2,[]],{}]", "{\"b\":1,\"a\":[null]}", "\"\\u0000\\u001f\\\"\\\\\"", "\"é𝄞\"",
    ])
  func roundTrip(text: String) throws {
    #expect(try JSONParser.parse(text).text() == text)
  }

  @Test("Escapes of every kind are understood, surrogate pairs included")
  func escapes() throws {
    let value = try JSONParser.parse(#"  "\"\\\/\b\f\n\r\t\u00e9\uD834\uDD1E\u0000"  "#)
    #expect(value == .string("\"\\/\u{08}\u{0C}\n\r\t\u{E9}\u{1D11E}\0"))
  }

  @Test(
    "What is not JSON is refused with its place",
    arguments: [
      ("", "line 1, column 1: the text holds no value"),
      ("nul", "line 1, column 1: this is not the beginning of a value"),
      ("[1,]", "line 1, column 4: this is not the beginning of a value"),
      ("{\"a\":1,}", "line 1, column 8: a quoted name is expected here"),
      ("{\"a\" 1}", "line 1, column 6: a colon is expected here"),
      (
        "{\n  \"a\": 1,\n  \"a\": 2}",
        "line 3, column 3: the name \"a\" appears twice in this object"
      ),
      ("{\"a\":1,\"\\u0061\":2}", "line 1, column 8: the name \"a\" appears twice in this object"),
      ("01", "line 1, column 1: this is not a number in JSON's notation"),
      ("1.", "line 1, column 1: this is not a number in JSON's notation"),
      ("+1", "line 1, column 1: this is not the beginning of a value"),
      ("1 2", "line 1, column 3: there is more text after the value"),
      ("\"a", "line 1, column 1: this string has no end"),
      ("\"a\tb\"", "line 1, column 3: control characters must be escaped in strings"),
      ("\"\\x\"", "line 1, column 3: this escape does not exist in JSON"),
      ("\"\\uD834\"", "line 1, column 8: this is half of a surrogate pair"),
      ("\"\\uDD1E\\uD834\"", "line 1, column 8: this is half of a surrogate pair"),
      ("\"\\u12G4\"", "line 1, column 6: four hexadecimal digits are expected here"),
      ("// comment\n1", "line 1, column 1: this is not the beginning of a value"),
      ("1\u{FEFF}", "line 1, column 2: there is more text after the value"),
      ("\u{FEFF}\u{FEFF}1", "line 1, column 4: this is not the beginning of a value"),
      ("{} ]", "line 1, column 4: there is more text after the value"),
      ("NaN", "line 1, column 1: this is not the beginning of a value"),
    ])
  func refused(text: String, message: String) {
    let error = #expect(throws: JSONError.self) { try JSONParser.parse(text) }
    #expect(error?.description == message)
  }

  @Test("Bytes that are not UTF-8 are refused")
  func invalidUTF8() {
    #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xC3, 0x28, 0x22]) }
    #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xED, 0xA0, 0x80, 0x22]) }
  }

  @Test("Names that only look equal are different names")
  func canonicallyEquivalentNames() throws {
    let value = try JSONParser.parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
    guard case .object(let members) = value else { return #expect(Bool(false)) }
    #expect(members.count == 2)
  }

  @Test("Nesting up to the limit is read and one level more is refused")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try JSONParser.parse(nested(JSONParser.depthMax)) }
    #expect(throws: JSONError.self) { try JSONParser.parse(nested(JSONParser.depthMax + 1)) }
    #expect(throws: JSONError.self) {
      try JSONParser.parse(String(repeating: "{\"a\":", count: 1_000_000))
    }
  }

  @Test("Names are counted by the hundred thousand, and the last one may not be an earlier one")
  func manyNames() throws {
    let members = (0..<100_000).map { "\"\($0)\":0" }.joined(separator: ",")
    guard case .object(let read) = try JSONParser.parse("{\(members)}") else {
      Issue.record("no object")
      return
    }
    #expect(read.count == 100_000)
    #expect(throws: JSONError.self) { try JSONParser.parse("{\(members),\"7\":1}") }
  }

  @Test("Concatenated values are read one after the other")
  func concatenated() throws {
    var parser = JSONParser(Array("{\"a\":1}{\"a\":2}\n 3[]".utf8))
    var texts: [String] = []
    while let value = try parser.next() { texts.append(value.text()) }
    #expect(texts == ["{\"a\":1}", "{\"a\":2}", "3", "[]"])
  }

  @Test("The indented layout puts one member on each line")
  func indented() throws {
    let value = try JSONParser.parse(#"{"a":[1,{}],"b":{"c":[]}}"#)
    #expect(
      value.text(.indented) == """
        {
          "a": [
            1,
            {}
          ],
          "b": {
            "c": []
          }
        }
        """)
  }

  @Test("Random bytes never crash the parser, and what it reads it writes and reads the same")
  func fuzz() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("JSONParserTests.fuzz seed \(seed)")
    var random = SplitMix64(state: seed)
    let seeds = [
      #"{"a":[1,2.5e-3,"x\u00e9\ud834\udd1e"],"b":{"c":null,"d":true}}"#, "[[[[]]],{},-0.0]",
    ].map { Array($0.utf8) }
    for _ in 0..<20_000 {
      guard var bytes = seeds.randomElement(using: &random) else { continue }
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.insert(UInt8.random(in: 0...127, using: &random), at: at)
        default: if bytes.count > 1 { bytes.remove(at: at) }
        }
      }
      guard let value = try? JSONParser.parse(bytes) else { continue }
      #expect(try JSONParser.parse(value.text()) == value, "seed \(seed)")
      #expect(try JSONParser.parse(value.text(.indented)) == value, "seed \(seed)")
    }
  }
}
