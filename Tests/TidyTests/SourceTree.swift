import Foundation

/// The repository's files as text.
struct SourceTree {
  struct File {
    /// Path below the repository's top, such as "Sources/GRPC/Status.swift".
    let path: String
    let lines: [String]
    /// The folder below Sources: the target.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var isGenerated: Bool { path.contains("/Generated/") }
  }

  static let top: URL = {
    var url = URL(filePath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url
  }()

  /// Every Swift file below `folder`, in path order.
  static func swiftFiles(below folder: String) throws -> [File] {
    let base = top.appending(path: folder)
    let names = try FileManager.default.subpathsOfDirectory(atPath: base.path())
    return try names.filter { $0.hasSuffix(".swift") && !$0.contains(".build") }.sorted().map {
      let text = try String(contentsOf: base.appending(path: $0), encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      return File(path: folder + "/" + $0, lines: lines)
    }
  }
}
