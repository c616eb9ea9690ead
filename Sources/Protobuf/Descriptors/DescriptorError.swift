/// Why a descriptor cannot be taken into, or found in, a ``DescriptorPool``.
public enum DescriptorError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The bytes are not a `google.protobuf.FileDescriptorProto`.
  case undecodable(DecodeError)
  /// The descriptor contradicts itself.
  case malformed(symbol: String, problem: String)
  /// Another file of this name, with other content, is in the pool.
  case duplicateFile(String)
  /// Another file in the pool defines this name.
  case duplicateSymbol(String, file: String)
  /// No such type; `missingImports` are files that known files import and that were never added.
  case notFound(String, missingImports: [String])

  public var description: String {
    switch self {
    case .undecodable(let error):
      "not a file descriptor: \(error)"
    case .malformed(let symbol, let problem):
      "the descriptor of \(symbol) is malformed: \(problem)"
    case .duplicateFile(let name):
      "two different files are called \(name)"
    case .duplicateSymbol(let symbol, let file):
      "\(symbol) is already defined in \(file)"
    case .notFound(let name, let missing) where missing.isEmpty:
      "no type is called \(name)"
    case .notFound(let name, let missing):
      "no type is called \(name); these imports are missing: \(missing.joined(separator: ", "))"
    }
  }
}
