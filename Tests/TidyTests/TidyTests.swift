import Foundation
import Testing

@Suite struct TidyTests {
  @Test("every import is an arrow of the table")
  func arrows() throws {
    var seen = Set<String>()
    for file in try SourceTree.swiftFiles(below: "Sources") {
      seen.insert(file.target)
      guard let allowed = ArrowTable.rows[file.target] else {
        Issue.record("\(file.path): target \(file.target) has no row in the arrow table")
        continue
      }
      let system = ArrowTable.pure[file.target] ?? ArrowTable.systemModules
      for module in file.lines.compactMap(importedModule) {
        #expect(
          allowed.contains(module) || system.contains(module),
          "\(file.path) imports \(module), which \(file.target) must not know")
      }
    }
    #expect(seen == Set(ArrowTable.rows.keys), "the table and the source folders differ")
  }

  @Test("the arrow table has no cycle")
  func acyclic() {
    func reaches(_ from: String, _ to: String) -> Bool {
      (ArrowTable.rows[from] ?? []).contains { $0 == to || reaches($0, to) }
    }
    for target in ArrowTable.rows.keys {
      #expect(!reaches(target, target), "\(target) reaches itself")
    }
  }

  @Test("a C library is imported only by the target that wraps it")
  func cRooms() throws {
    let rooms = ["CNghttp2": "HTTP2", "CProtobufC": "Protobuf", "CArgon2": "Identity"]
    for file in try SourceTree.swiftFiles(below: "Sources") {
      for module in file.lines.compactMap(importedModule) {
        guard let owner = rooms[module] else { continue }
        #expect(file.target == owner, "\(file.path) imports \(module)")
      }
    }
  }

  @Test("no source file swallows more than 600 lines")
  func lengths() throws {
    for file in try SourceTree.swiftFiles(below: "Sources") where !file.isGenerated {
      #expect(file.lines.count <= 600, "\(file.path) has \(file.lines.count) lines")
    }
  }

  @Test("lines fit 100 columns")
  func columns() throws {
    for file in try SourceTree.swiftFiles(below: "Sources") where !file.isGenerated {
      for (index, line) in file.lines.enumerated() where line.count > 100 {
        Issue.record("\(file.path):\(index + 1) has \(line.count) columns")
      }
    }
  }

  @Test("a file is a noun of the domain")
  func fileNames() throws {
    let vague = ["Utils", "Utilities", "Helpers", "Helper", "Manager", "Common", "Misc"]
    for file in try SourceTree.swiftFiles(below: "Sources") {
      let name = URL(filePath: file.path).deletingPathExtension().lastPathComponent
      #expect(!vague.contains { name.hasSuffix($0) }, "\(file.path) is not named for what it holds")
    }
  }

  @Test("nothing that ships is marked as unfinished")
  func marks() throws {
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    for file in try SourceTree.swiftFiles(below: "Sources") where !file.isGenerated {
      for (index, line) in file.lines.enumerated() {
        let found = words.first { line.contains($0) }
        #expect(found == nil, "\(file.path):\(index + 1) says \(found ?? "")")
      }
    }
  }

  private func importedModule(_ line: String) -> String? {
    let words = line.split(separator: " ")
    guard let at = words.firstIndex(of: "import"), at < words.count - 1 else { return nil }
    let modifiers: Set<Substring> = ["@testable", "public", "internal", "package", "private",
      "fileprivate", "@preconcurrency", "@_exported"]
    guard words[..<at].allSatisfy(modifiers.contains) else { return nil }
    let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "typealias", "var"]
    let name = kinds.contains(words[at + 1]) && at + 2 < words.count ? words[at + 2] : words[at + 1]
    return name.split(separator: ".").first.map(String.init)
  }
}
