import Foundation
import Testing

@Suite("The table of wire rules")
struct WireRuleTests {
  private static let folder: URL = {
    var url = URL(filePath: #filePath)
    while url.lastPathComponent != "Tests", url.path().count > 1 { url.deleteLastPathComponent() }
    return url
  }()

  /// Every test below Tests, as the table names it.
  private static func tests() throws -> Set<String> {
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

  @Test("names tests that exist")
  func testsExist() throws {
    let tests = try Self.tests()
    #expect(tests.contains("WireRuleTests.testsExist"), "the sources are not where they should be")
    for rule in WireRule.all {
      for name in rule.tests where !tests.contains(name) {
        Issue.record("\"\(rule.text)\" names \(name), which is not a test")
      }
    }
  }

  @Test("has a place and a test for every rule, and no rule twice")
  func complete() {
    for rule in WireRule.all {
      #expect(!rule.tests.isEmpty && !rule.place.isEmpty && rule.text.hasSuffix("."), "\(rule)")
      #expect(Set(rule.tests).count == rule.tests.count, "\(rule.text)")
    }
    #expect(Set(WireRule.all.map(\.text)).count == WireRule.all.count)
  }
}
