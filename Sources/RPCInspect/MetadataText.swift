import GRPC
import Protobuf

/// Metadata as people write and read it: one `name: value` per line, bytes in base64.
public enum MetadataText {
  /// Reads `name: value`; the value of a name that ends in `-bin` is base64.
  ///
  /// - Throws: ``InvalidHeader``.
  public static func add(_ line: String, to metadata: inout Metadata) throws(InvalidHeader) {
    guard let colon = line.firstIndex(of: ":") else { throw InvalidHeader(line: line) }
    let name = trimmed(line[..<colon]).lowercased()
    let value = trimmed(line[line.index(after: colon)...])
    guard !name.isEmpty else { throw InvalidHeader(line: line) }
    if name.hasSuffix("-bin") {
      var field = Metadata()
      var nameBytes = name
      var valueBytes = value
      nameBytes.withUTF8 { name in
        valueBytes.withUTF8 { field.appendWireField(name: name, value: $0) }
      }
      guard field.firstBinary(forKey: name) != nil else { throw InvalidHeader(line: line) }
      metadata.add(contentsOf: field)
    } else {
      metadata.addString(value, forKey: name)
    }
    do {
      try metadata.validateForSending()
    } catch {
      throw InvalidHeader(line: line, reason: error.message)
    }
  }

  /// The fields in order of name, or `(empty)`.
  public static func text(_ metadata: Metadata) -> String {
    var lines: [String] = []
    metadata.forEachField { name, value in
      lines.append(
        String(decoding: name, as: UTF8.self) + ": " + String(decoding: value, as: UTF8.self))
    }
    return lines.isEmpty ? "(empty)" : lines.sorted().joined(separator: "\n")
  }

  private static func trimmed(_ text: Substring) -> String {
    var rest = text
    while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
    while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    return String(rest)
  }
}

/// A header that cannot be sent.
public struct InvalidHeader: Error, Hashable, CustomStringConvertible {
  /// The header as it was written.
  public let line: String
  /// What is wrong with it.
  public var reason = "write it as 'name: value', with base64 for names that end in -bin"

  /// The header and what is wrong with it.
  public var description: String { "invalid header '\(line)': \(reason)" }
}
