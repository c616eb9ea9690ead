import Foundation

/// The tests of this repository by the names that tables give them: `Suite.function`, and
/// `file.function` for those in Python.
enum TestNames {
  private static let folder: URL = {
    var url = URL(filePath: #filePath)
    while url.lastPathComponent != "Tests", url.path().count > 1 { url.deleteLastPathComponent() }
    return url
  }()

  /// Every test below Tests.
  static func all() throws -> Set<String> {
    var names = Set<String>()
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path()) {
      let isSwift = path.hasSuffix(".swift")
      guard isSwift || (path.hasPrefix("Python/") && path.hasSuffix(".py")) else { continue }
      let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
      let file = URL(filePath: path).deletingPathExtension().lastPathComponent
      names.formUnion(isSwift ? swiftTests(in: text) : pythonTests(in: text, file: file))
    }
    return names
  }

  /// `Suite.function` for each function that follows a `@Test`.
  private static func swiftTests(in text: String) -> [String] {
    guard text.contains("@Test") else { return [] }
    var names: [String] = []
    var suite = ""
    var isTest = false
    for line in text.split(separator: "\n") {
      if line.first != " ", let match = line.firstMatch(
        of: /^(?:@Suite[^{]* |final |private )*(?:struct|class|enum|extension) (\w+)/)
      {
        suite = String(match.1)
      }
      if line.contains("@Test") { isTest = true }
      guard isTest, let match = line.firstMatch(of: /^ +(?:@Test.* )?func (\w+)\(/) else {
        continue
      }
      names.append(suite + "." + match.1)
      isTest = false
    }
    return names
  }

  private static func pythonTests(in text: String, file: String) -> [String] {
    text.split(separator: "\n").filter { $0.hasPrefix("def test_") }.compactMap { line in
      line.firstMatch(of: /^def (test_\w+)\(/).map { file + "." + $0.1 }
    }
  }
}
