import Testing

@testable import Protobuf

@Suite struct WellKnownTextTests {
  @Test(
    "Timestamps are written in UTC with 0, 3, 6 or 9 digits and read back",
    arguments: [
      (0, 0, "1970-01-01T00:00:00Z"), (-1, 0, "1969-12-31T23:59:59Z"),
      (-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"),
      (1_795_381_497, 500_000_000, "2026-11-22T21:04:57.500Z"),
      (951_782_400, 1_000, "2000-02-29T00:00:00.000001Z"),
      (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
      (253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999999Z"),
      (-2_203_891_200, 0, "1900-03-01T00:00:00Z"),
    ] as [(Int64, Int32, String)])
  func timestamps(seconds: Int64, nanos: Int32, text: String) {
    #expect(TimestampText(seconds: seconds, nanos: nanos)?.text == text)
    #expect(TimestampText(text) == TimestampText(seconds: seconds, nanos: nanos))
  }

  @Test("Every day of the calendar survives the round trip")
  func everyDay() {
    var seconds = TimestampText.secondsRange.lowerBound
    while seconds <= TimestampText.secondsRange.upperBound {
      let stamp = TimestampText(seconds: seconds, nanos: 0)
      if stamp == nil || TimestampText(stamp?.text ?? "") != stamp {
        #expect(Bool(false), "\(seconds)")
        return
      }
      seconds += 86_400 * 13
    }
  }

  @Test("Offsets are applied")
  func offsets() {
    #expect(TimestampText("1970-01-01T01:30:00+01:30")?.seconds == 0)
    #expect(TimestampText("1969-12-31T16:00:00-08:00")?.seconds == 0)
  }

  @Test(
    "What is no RFC 3339 time within years 1 to 9999 is refused",
    arguments: [
      "", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01t00:00:00Z", "1970-01-01T00:00:00z",
      "1970-13-01T00:00:00Z", "1970-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
      "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z",
      "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.1234567890Z", "0000-01-01T00:00:00Z",
      "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
      "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00Z ",
    ])
  func badTimestamps(text: String) {
    #expect(TimestampText(text) == nil)
  }

  @Test(
    "Durations keep their sign in both parts",
    arguments: [
      (0, 0, "0s"), (1, 500_000_000, "1.500s"), (-1, -500_000_000, "-1.500s"),
      (0, -1, "-0.000000001s"), (315_576_000_000, 0, "315576000000s"), (3, 1_000, "3.000001s"),
    ] as [(Int64, Int32, String)])
  func durations(seconds: Int64, nanos: Int32, text: String) {
    #expect(DurationText(seconds: seconds, nanos: nanos)?.text == text)
    #expect(DurationText(text) == DurationText(seconds: seconds, nanos: nanos))
  }

  @Test(
    "What is no duration is refused",
    arguments: [
      "", "s", "1", "1.s", ".5s", "+1s", "--1s", "1e3s", "315576000001s", "1.1234567890s",
    ])
  func badDurations(text: String) {
    #expect(DurationText(text) == nil)
  }

  @Test("Durations whose parts differ in sign are refused")
  func mixedSigns() {
    #expect(DurationText(seconds: 1, nanos: -1) == nil)
    #expect(DurationText(seconds: -1, nanos: 1) == nil)
  }

  @Test("Base64 is written padded and read in either alphabet, padded or not")
  func base64() {
    #expect(Base64.encode([]) == "")
    #expect(Base64.encode([0xFB]) == "+w==")
    #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
    #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
    for text in ["+/8=", "+/8", "-_8=", "-_8"] { #expect(Base64.decode(text) == [0xFB, 0xFF]) }
    for text in ["A", "AA=", "A===", "AAA*", "AA=A", "AAAA="] {
      #expect(Base64.decode(text) == nil, "\(text)")
    }
    let all = (0...255).map { UInt8($0) }
    #expect(Base64.decode(Base64.encode(all)) == all)
  }

  @Test("Field mask paths that would not come back are refused")
  func fieldMasks() {
    #expect(FieldMaskText.camel("foo_bar.baz") == "fooBar.baz")
    #expect(FieldMaskText.snake("fooBar.baz") == "foo_bar.baz")
    for path in ["fooBar", "foo__bar", "foo_3", "foo_"] {
      #expect(FieldMaskText.camel(path) == nil)
    }
    #expect(FieldMaskText.snake("foo_bar") == nil)
  }
}
