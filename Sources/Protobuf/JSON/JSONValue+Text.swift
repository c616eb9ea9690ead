extension JSONValue {
  /// The layout of a JSON text.
  public enum Layout: Hashable, Sendable {
    /// No blanks at all.
    case compact
    /// One member or element per line, two spaces per level.
    case indented
  }

  /// The JSON text of this value.
  public func text(_ layout: Layout = .compact) -> String {
    var writer = TextWriter(layout: layout)
    writer.write(self, level: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private struct TextWriter {
    let layout: Layout
    var bytes: [UInt8] = []

    mutating func write(_ value: JSONValue, level: Int) {
      switch value {
      case .null: append("null")
      case .bool(let flag): append(flag ? "true" : "false")
      case .number(let number): append(number.text)
      case .string(let text): quote(text)
      case .array(let elements):
        bracket("[", "]", elements, level: level) { writer, element in
          writer.write(element, level: level + 1)
        }
      case .object(let members):
        bracket("{", "}", members, level: level) { writer, member in
          writer.quote(member.name)
          writer.append(writer.layout == .compact ? ":" : ": ")
          writer.write(member.value, level: level + 1)
        }
      }
    }

    mutating func bracket<Item>(
      _ open: String, _ close: String, _ items: [Item], level: Int,
      each: (inout TextWriter, Item) -> Void
    ) {
      append(open)
      for (index, item) in items.enumerated() {
        if index > 0 { append(",") }
        newLine(level: level + 1)
        each(&self, item)
      }
      if !items.isEmpty { newLine(level: level) }
      append(close)
    }

    mutating func newLine(level: Int) {
      guard layout == .indented else { return }
      bytes.append(0x0A)
      bytes.append(contentsOf: repeatElement(0x20, count: level * 2))
    }

    mutating func append(_ text: String) {
      bytes.append(contentsOf: text.utf8)
    }

    mutating func quote(_ text: String) {
      bytes.append(UInt8(ascii: "\""))
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": append("\\\"")
        case "\\": append("\\\\")
        case "\n": append("\\n")
        case "\r": append("\\r")
        case "\t": append("\\t")
        case "\u{08}": append("\\b")
        case "\u{0C}": append("\\f")
        // The two separators end a line in JavaScript source, into which JSON is often pasted.
        case "\0"..<" ", "\u{2028}", "\u{2029}":
          let digits = String(scalar.value, radix: 16)
          append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        default: append(String(scalar))
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }
  }
}
