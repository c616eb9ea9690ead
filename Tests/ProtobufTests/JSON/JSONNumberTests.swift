import Testing

@testable import Protobuf

@Suite struct JSONNumberTests {
  @Test(
    "Integers are exact over the whole 64-bit range",
    arguments: [
      ("0", 0), ("-0", 0), ("0.000", 0), ("0e99999999999999999999", 0), ("1e3", 1000),
      ("1.50e1", 15), ("1000e-3", 1), ("9223372036854775807", Int64.max),
      ("-9223372036854775808", Int64.min), ("9.223372036854775807e18", Int64.max),
      ("9007199254740993", 9_007_199_254_740_993),
    ] as [(String, Int64)])
  func exact(text: String, value: Int64) {
    #expect(JSONNumber(text)?.integer(Int64.self) == value)
  }

  @Test(
    "Fractions and numbers out of range are no integers",
    arguments: [
      "0.5", "1e-1", "1.5", "9223372036854775808", "-9223372036854775809", "1e19", "1e400",
      "1e99999999999999999999", "1e-99999999999999999999",
    ])
  func notAnInteger(text: String) throws {
    let number = try #require(JSONNumber(text))
    #expect(number.integer(Int64.self) == nil)
  }

  @Test("Each width has its own range")
  func widths() {
    #expect(JSONNumber("2147483647")?.integer(Int32.self) == .max)
    #expect(JSONNumber("2147483648")?.integer(Int32.self) == nil)
    #expect(JSONNumber("-1")?.integer(UInt32.self) == nil)
    #expect(JSONNumber("-0")?.integer(UInt64.self) == 0)
    #expect(JSONNumber("18446744073709551615")?.integer(UInt64.self) == .max)
    #expect(JSONNumber("18446744073709551616")?.integer(UInt64.self) == nil)
  }

  @Test("Doubles and floats out of the finite range are refused")
  func floatingPoint() {
    #expect(JSONNumber("1.7976931348623157e308")?.double == .greatestFiniteMagnitude)
    #expect(JSONNumber("1.8e308")?.double == nil)
    #expect(JSONNumber("3.4028235e38")?.float == .greatestFiniteMagnitude)
    #expect(JSONNumber("3.5e38")?.float == nil)
    #expect(JSONNumber("1e-400")?.double == 0)
  }

  @Test(
    "Other notations are no JSON numbers",
    arguments: [
      "", "-", "+1", "01", ".5", "1.", "1e", "1e+", "0x10", "NaN", "Infinity", " 1", "1 ",
    ])
  func refused(text: String) {
    #expect(JSONNumber(text) == nil)
  }
}
