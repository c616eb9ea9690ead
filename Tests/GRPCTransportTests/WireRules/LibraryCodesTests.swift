import Foundation
import Testing

/// Codes that belong to applications: the runtime itself has no reason to use them, neither for
/// faults of the wire nor for what its connections, names and settings bring about (statuscodes,
/// gRFC A54).
@Suite("Codes of the application")
struct LibraryCodesTests {
  /// The places that name every code.
  private static let exempt: Set<String> = ["Status.swift", "StatusMapping.swift"]

  @Test("are never invented by the runtime", arguments: ["HTTP2", "GRPC", "GRPCTransport"])
  func neverInvented(target: String) throws {
    var root = URL(filePath: #filePath)
    while root.lastPathComponent != "Tests", root.path().count > 1 {
      root.deleteLastPathComponent()
    }
    let folder = root.deletingLastPathComponent().appending(path: "Sources/\(target)/")
    let codes =
      /\.(invalidArgument|notFound|alreadyExists|failedPrecondition|aborted|outOfRange|dataLoss)\b/
    var files = 0
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path())
    where path.hasSuffix(".swift") {
      let file = folder.appending(path: path)
      files += 1
      guard !Self.exempt.contains(file.lastPathComponent) else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated() where line.contains(codes)
      {
        Issue.record("\(target)/\(path):\(number + 1) uses a code of the application: \(line)")
      }
    }
    #expect(files > 5, "the sources are not where they should be")
  }
}
