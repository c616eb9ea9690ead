import Testing

@testable import HTTP2

@Suite("The library")
struct LibraryTests {
  @Test("has the security back-ports, and one without them is refused by the name of the symbol")
  func backports() throws {
    try Session.checkLibrary()
    #expect(throws: HTTP2Error.missingSymbol("nghttp2_option_that_nobody_has")) {
      _ = try Session.symbol("nghttp2_option_that_nobody_has")
    }
  }
}
