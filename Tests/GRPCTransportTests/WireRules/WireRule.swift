/// One rule of the wire, where it is written, and the tests that hold us to it.
struct WireRule: Sendable {
  /// The rule in our own words.
  let text: String
  /// PROTOCOL-HTTP2, http-grpc-status-mapping, statuscodes, compression, health and reflection are
  /// documents of grpc/grpc; RFC 9113 is HTTP/2.
  let place: String
  /// `Suite.function`, or `file.function` for tests in Python.
  let tests: [String]

  init(_ text: String, in place: String, by tests: String...) {
    self.text = text
    self.place = place
    self.tests = tests
  }

  /// Every rule of what this runtime implements; what is not in here is not claimed.
  static let all =
    requests + calls + responses + endings + metadata + connections + channels + encryption
    + services + conformance + limits
}
