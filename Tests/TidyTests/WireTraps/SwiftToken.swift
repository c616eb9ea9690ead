/// One word of Swift source, as far as a lint has to know it.
struct SwiftToken: Equatable {
  enum Kind: Equatable {
    case word, number, string, symbol, mark
  }

  /// Words are identifiers and keywords, symbols are operators, marks are brackets and punctuation.
  let kind: Kind
  /// The text; nothing for strings, whose content means nothing here.
  let text: String
  let line: Int
  /// Whether a blank, a line's end or a comment is before it.
  let isSpacedBefore: Bool
  /// The same behind it.
  var isSpacedAfter = true

  /// Whether an operand may end here.
  var endsOperand: Bool {
    switch kind {
    case .word, .number, .string: true
    case .symbol: text == "!" || text == "?"
    case .mark: text == ")" || text == "]" || text == "}"
    }
  }
}

/// Cuts Swift source into tokens. Knows comments, nested ones too; strings of every kind, with the
/// code in their interpolations; and whether an operator stands before, behind or between operands.
struct SwiftLexer {
  private let source: [Character]
  private var at = 0
  private var line = 1
  private var isSpaced = true
  private var tokens: [SwiftToken] = []

  private static let symbols = Set<Character>("/=-+!*%<>&|^~?")

  static func tokens(of source: String) -> [SwiftToken] {
    var lexer = SwiftLexer(source: Array(source))
    while lexer.at < lexer.source.count { lexer.step() }
    return lexer.tokens
  }

  private init(source: [Character]) {
    self.source = source
  }

  private func peek(_ ahead: Int = 0) -> Character? {
    at + ahead < source.count ? source[at + ahead] : nil
  }

  private func looksAt(_ text: String) -> Bool {
    source[at...].starts(with: text)
  }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where at < source.count {
      if source[at].isNewline { line += 1 }
      at += 1
    }
  }

  private mutating func add(_ kind: SwiftToken.Kind, _ text: String) {
    if let last = tokens.indices.last { tokens[last].isSpacedAfter = isSpaced }
    tokens.append(SwiftToken(kind: kind, text: text, line: line, isSpacedBefore: isSpaced))
    isSpaced = false
  }

  private mutating func step() {
    guard let next = peek() else { return }
    if next.isWhitespace {
      isSpaced = true
      return advance()
    }
    if looksAt("//") || looksAt("/*") { return skipComment() }
    if next == "\"" || next == "#" {
      var hashes = 0
      while peek(hashes) == "#" { hashes += 1 }
      if peek(hashes) == "\"" { return readString(hashes: hashes) }
    }
    if next.isNumber { return readNumber() }
    if next.isLetter || next == "_" || next == "$" || next == "`" { return readWord() }
    if Self.symbols.contains(next) || looksAt("..") { return readSymbol() }
    add(.mark, String(next))
    advance()
  }

  private mutating func skipComment() {
    isSpaced = true
    if looksAt("//") {
      while let next = peek(), !next.isNewline { advance() }
      return
    }
    var depth = 0
    repeat {
      if looksAt("/*") {
        depth += 1
        advance(2)
      } else if looksAt("*/") {
        depth -= 1
        advance(2)
      } else {
        advance()
      }
    } while depth > 0 && at < source.count
  }

  /// A string is a token at its beginning and one at its end, what is interpolated in between.
  private mutating func readString(hashes: Int) {
    let fence = String(repeating: "#", count: hashes)
    advance(hashes)
    let quote = looksAt("\"\"\"") ? "\"\"\"" : "\""
    add(.string, "")
    advance(quote.count)
    while at < source.count, !looksAt(quote + fence) {
      if looksAt("\\" + fence + "(") {
        advance(1 + hashes)
        readInterpolation()
      } else if looksAt("\\" + fence) {
        advance(2 + hashes)
      } else {
        advance()
      }
    }
    advance(quote.count + hashes)
    isSpaced = false
    add(.string, "")
  }

  private mutating func readInterpolation() {
    let outer = tokens.count
    repeat { step() } while at < source.count && isOpen(since: outer)
  }

  private func isOpen(since start: Int) -> Bool {
    tokens[start...].reduce(0) { $0 + ($1.text == "(" ? 1 : $1.text == ")" ? -1 : 0) } > 0
  }

  private mutating func readNumber() {
    var text = ""
    while let next = peek() {
      let isFraction = next == "." && peek(1)?.isNumber == true && tokens.last?.text != "."
      let isSign = (next == "-" || next == "+") && "eEpP".contains(text.last ?? " ")
        && (!text.hasPrefix("0x") || text.last == "p" || text.last == "P")
      guard next.isLetter || next.isNumber || next == "_" || isFraction || isSign else { break }
      text.append(next)
      at += 1
    }
    add(.number, text)
  }

  private mutating func readWord() {
    var text = ""
    while let next = peek(), next.isLetter || next.isNumber || "_$`".contains(next) {
      text.append(next)
      at += 1
    }
    add(.word, text)
  }

  private mutating func readSymbol() {
    // Behind an operand and close to it, these two stand alone.
    if let next = peek(), next == "!" || next == "?", !isSpaced, tokens.last?.endsOperand == true {
      add(.symbol, String(next))
      return advance()
    }
    let mayHaveDots = peek() == "."
    var text = ""
    while let next = peek(), Self.symbols.contains(next) || (mayHaveDots && next == ".") {
      if looksAt("//") || looksAt("/*") { break }
      text.append(next)
      at += 1
    }
    add(.symbol, text)
  }
}
