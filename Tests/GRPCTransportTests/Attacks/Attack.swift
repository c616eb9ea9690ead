/// One family of hostile input, the right answer to it, and the tests that hold us to it.
///
/// H are those by HTTP/2 and by what precedes it, G those by gRPC and its messages, P hazards of
/// protobuf-c. Tests run at a bounded size; with FAREBOX_LONG set, at the size of real attacks.
struct Attack: Sendable {
  /// The letter of the family and a number.
  let id: String
  /// What is sent.
  let input: String
  /// What comes of it.
  let answer: String
  /// `Suite.function`, or `file.function` for tests in Python.
  let tests: [String]

  init(_ id: String, _ input: String, answer: String, by tests: String...) {
    self.id = id
    self.input = input
    self.answer = answer
    self.tests = tests
  }

  /// Every family that is known.
  static let ids =
    (1...15).map { "H\($0)" } + (1...9).map { "G\($0)" } + (1...11).map { "P\($0)" }

  /// The table.
  static let all = http2 + grpc + protobuf
}
