import ArgumentParser
import GRPC

/// What is sent.
struct RequestFlags: ParsableArguments {
  @Option(
    name: [.customShort("d"), .customLong("data")], parsing: .unconditional,
    help: ArgumentHelp(
      """
      Requests as JSON, several one after the other for a stream. @ reads them from standard input \
      as they come, @file from a file.
      """,
      valueName: "json"))
  var data: String?

  @Option(
    name: [.customShort("H"), .customLong("header")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      """
      A header for the call and for reflection; may be repeated. Base64 for names that end in -bin.
      """,
      valueName: "name: value"))
  var headers: [String] = []

  @Option(
    name: .customLong("rpc-header"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A header for the call only.", valueName: "name: value"))
  var callHeaders: [String] = []

  @Option(
    name: .customLong("reflect-header"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A header for reflection only.", valueName: "name: value"))
  var reflectionHeaders: [String] = []

  @Option(help: ArgumentHelp("Compress the requests: gzip or deflate.", valueName: "name"))
  var compress: CompressionAlgorithm = .identity

  @Flag(help: "Skip fields and enum names in the JSON that the contract does not have.")
  var allowUnknownFields = false
}

extension CompressionAlgorithm: ExpressibleByArgument {
  /// The name in `grpc-encoding`.
  public init?(argument: String) {
    self.init(name: argument)
  }

  /// The names that may be given.
  public static var allValueStrings: [String] { allCases.map(\.name) }

  /// The name, for the text of `--help`.
  public var defaultValueDescription: String { name }
}
