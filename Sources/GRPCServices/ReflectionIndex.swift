import Protobuf

/// All files that a server knows, found by name and by what they declare.
struct ReflectionIndex: Sendable {
  private let pool = DescriptorPool()
  /// Names of the files that a file imports.
  private var imports: [String: [String]] = [:]

  /// Indexes the files and everything they import. Files that are no descriptors are left out.
  init(_ roots: [EmbeddedFile]) {
    var pending = roots
    while let file = pending.popLast() {
      guard imports[file.name] == nil else { continue }
      imports[file.name] = file.dependencies.map(\.name)
      try? pool.add(serializedFile: file.serialized)
      pending.append(contentsOf: file.dependencies)
    }
  }

  /// The name of the file that declares a service, method, message, field, oneof, enum or enum
  /// value.
  func file(declaring symbol: String) -> String? { pool.fileName(containingSymbol: symbol) }

  /// The name of the file that declares an extension.
  func file(extending type: String, number: Int32) -> String? {
    pool.fileName(containingExtension: number, of: type)
  }

  /// Numbers of the extensions of a message type; nil when there is no such type.
  func extensionNumbers(of type: String) -> [Int32]? {
    pool.message(named: type) == nil ? nil : pool.extensionNumbers(of: type)
  }

  /// Whether a file of this name is known.
  func contains(file name: String) -> Bool { pool.serializedFile(named: name) != nil }

  /// The serialized descriptors of a file and of everything it imports, the file itself first,
  /// without those in `sent`, to which they are added.
  func closure(of name: String, sent: inout Set<String>) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var pending = [name]
    var next = 0
    var seen: Set<String> = [name]
    while next < pending.count {
      let current = pending[next]
      next += 1
      // What was asked for is always sent: an answer without a file would say nothing.
      if sent.insert(current).inserted || current == name,
        let serialized = pool.serializedFile(named: current)
      {
        result.append(serialized)
      }
      for imported in imports[current] ?? [] where seen.insert(imported).inserted {
        pending.append(imported)
      }
    }
    return result
  }
}
