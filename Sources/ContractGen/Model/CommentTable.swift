import Protobuf

/// The comments of a `.proto` file, by the path of what they stand at.
///
/// A path is the list of field numbers and indexes that leads from the file descriptor to a symbol,
/// as `google.protobuf.SourceCodeInfo` defines it: `[4, 0, 2, 3]` is the fourth field of the first
/// message.
struct CommentTable {
  private var comments: [[Int32]: [String]] = [:]

  init(_ info: Google_Protobuf_SourceCodeInfo?) {
    for location in info?.location ?? [] {
      let text = location.leadingComments ?? location.trailingComments ?? ""
      let lines = Self.lines(of: text)
      if !lines.isEmpty { comments[location.path] = lines }
    }
  }

  /// The lines at a path, with a note when the symbol is deprecated.
  ///
  /// `@available(*, deprecated)` would make the generated code itself warn where it reads a field.
  func lines(at path: [Int32], deprecated: Bool) -> [String] {
    var lines = comments[path] ?? []
    if deprecated {
      if !lines.isEmpty { lines.append("") }
      lines.append("Deprecated: marked so in the contract.")
    }
    return lines
  }

  private static func lines(of text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // protoc keeps the blank after the slashes.
      let content = line.first == " " ? line.dropFirst() : line
      return String(content.reversed().drop { $0 == " " || $0 == "\r" || $0 == "\t" }.reversed())
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return Array(lines.drop { $0.isEmpty })
  }
}
