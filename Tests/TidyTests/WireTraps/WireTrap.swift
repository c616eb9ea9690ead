/// What may stop the process when a stranger chooses the value, told by its looks.
///
/// No types are known here: what is found may be harmless. Then it is either written in a way that
/// shows it (`&+`, `addingReportingOverflow`, `UInt8(truncatingIfNeeded:)`, `first`, `dropFirst`),
/// or it stands in ``WireTrapExceptions`` with the reason.
enum WireTrap: String, CaseIterable {
  /// `x!`, and types that unwrap themselves.
  case forcedUnwrap = "x!"
  /// `as!`.
  case forcedCast = "as!"
  /// `try!`.
  case forcedTry = "try!"
  /// `x[i]`, `x[a...]`; not `x[...]` and not `x[k, default: d]`.
  case element = "x[i]"
  /// `+ - * / %`, their assignments, and `<<`, which drops bits in silence. Not with literals on
  /// both sides, not where text is joined, and not a division by a literal.
  case arithmetic = "+ - *"
  /// `a..<b` and `a...b`, which need a ≤ b. Not from 0 to a count, and not between literals.
  case range = "a..<b"
  /// `Int(x)` and the other integers, without `clamping:` and the like, of anything but a literal.
  case conversion = "Int(x)"
  /// `repeating:count:`, `capacity:` and `reserveCapacity` with a figure that is no literal.
  case allocation = "count: n"
  /// `removeFirst`, `removeLast`, `removeSubrange`, `remove(at:)`, `unsafelyUnwrapped`.
  case removal = "removeFirst"
  /// `precondition`, `preconditionFailure`, `fatalError`.
  case precondition = "precondition"

  /// One place where something of the kind is.
  struct Finding: Equatable {
    let trap: WireTrap
    let line: Int
  }

  /// Everything of the kind in Swift source.
  static func findings(in source: String) -> [Finding] {
    let tokens = SwiftLexer.tokens(of: source)
    return tokens.indices.compactMap { index in
      Neighbourhood(tokens: tokens, index: index).trap.map {
        Finding(trap: $0, line: tokens[index].line)
      }
    }
  }
}

/// A token and those around it.
private struct Neighbourhood {
  let tokens: [SwiftToken]
  let index: Int

  private static let sums: Set<String> = [
    "+", "-", "*", "/", "%", "+=", "-=", "*=", "/=", "%=", "<<", "<<=",
  ]
  private static let quotients: Set<String> = ["/", "%", "/=", "%="]
  private static let integers: Set<String> = [
    "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64",
  ]
  private static let removals: Set<String> = [
    "removeFirst", "removeLast", "removeSubrange", "unsafelyUnwrapped",
  ]
  private static let preconditions: Set<String> = [
    "precondition", "preconditionFailure", "fatalError",
  ]

  private func token(_ offset: Int) -> SwiftToken? {
    tokens.indices.contains(index + offset) ? tokens[index + offset] : nil
  }

  private func text(_ offset: Int) -> String { token(offset)?.text ?? "" }

  private func isNumber(_ offset: Int) -> Bool { token(offset)?.kind == .number }

  var trap: WireTrap? {
    guard let token = token(0) else { return nil }
    switch token.kind {
    case .symbol: return symbol(token)
    case .mark: return token.text == "[" ? element(token) : nil
    case .word: return word(token)
    case .number, .string: return nil
    }
  }

  private func symbol(_ token: SwiftToken) -> WireTrap? {
    if token.text == "!", !token.isSpacedBefore, self.token(-1)?.endsOperand == true {
      switch text(-1) {
      case "try": return .forcedTry
      case "as": return .forcedCast
      default: return .forcedUnwrap
      }
    }
    let isBetween =
      token.isSpacedBefore == token.isSpacedAfter && self.token(-1)?.endsOperand == true
    if token.text == "..<" || token.text == "..." { return isBetween ? range() : nil }
    guard Self.sums.contains(token.text) else { return nil }
    // An operator handed over as a function.
    if [")", ","].contains(text(1)), ["(", ",", ":"].contains(text(-1)) { return .arithmetic }
    guard isBetween else {
      let isNegation = token.text == "-" && !token.isSpacedAfter && !isNumber(1)
      return isNegation && self.token(-1)?.endsOperand != true || isNegation && token.isSpacedBefore
        ? .arithmetic : nil
    }
    return sum(token)
  }

  private func sum(_ token: SwiftToken) -> WireTrap? {
    if token.text == "+=", text(1) == "1", endsStatement(2) { return nil }
    if isNumber(-1), isNumber(1) { return nil }
    if self.token(-1)?.kind == .string || self.token(1)?.kind == .string { return nil }
    if Self.quotients.contains(token.text), isNumber(1), text(1) != "0" { return nil }
    return .arithmetic
  }

  /// Whether the token there begins another statement, or ends the block.
  private func endsStatement(_ offset: Int) -> Bool {
    guard let next = token(offset), let last = token(offset - 1) else { return true }
    return next.line != last.line && next.kind != .symbol || ["}", ";", ")"].contains(next.text)
  }

  private func range() -> WireTrap? {
    // One end is open, or both are known: numbers, or letters as in `UInt8(ascii: "a")`.
    if ["]", ")", ",", "{"].contains(text(1)) { return nil }
    if isNumber(-1), isNumber(1) { return nil }
    if text(-1) == ")", self.token(-2)?.kind == .string, text(3) == "ascii" { return nil }
    guard text(-1) == "0", self.token(1)?.kind == .word else { return .range }
    // `0..<a.b.count`
    var last = 1
    while text(last + 1) == ".", self.token(last + 2)?.kind == .word { last += 2 }
    return text(last) == "count" && text(last + 1) != "(" ? nil : .range
  }

  private func element(_ token: SwiftToken) -> WireTrap? {
    guard !token.isSpacedBefore, let before = self.token(-1), before.endsOperand,
      before.kind != .number
    else { return nil }
    if text(1) == "...", text(2) == "]" { return nil }
    return hasDefault ? nil : .element
  }

  /// Whether this subscript has a value for what is not there.
  private var hasDefault: Bool {
    var depth = 0
    for offset in 0..<(tokens.count - index) {
      switch text(offset) {
      case "[", "(", "{": depth += 1
      case "]", ")", "}": depth -= 1
      case "default" where depth == 1 && text(offset + 1) == ":": return true
      default: break
      }
      if depth == 0 { return false }
    }
    return false
  }

  private func word(_ token: SwiftToken) -> WireTrap? {
    if Self.preconditions.contains(token.text), text(1) == "(" { return .precondition }
    if Self.removals.contains(token.text), text(-1) == "." { return .removal }
    if token.text == "remove", text(1) == "(", text(2) == "at" { return .removal }
    if token.text == "reserveCapacity", text(1) == "(" { return isNumber(2) ? nil : .allocation }
    if token.text == "capacity" || token.text == "byteCount", text(1) == ":" {
      return isNumber(2) || text(-2) != "allocate" ? nil : .allocation
    }
    if token.text == "repeating", text(1) == ":" { return repetition() }
    if Self.integers.contains(token.text), text(1) == "(", !self.tokens[index + 1].isSpacedBefore {
      return conversion()
    }
    return nil
  }

  private func repetition() -> WireTrap? {
    var depth = 0
    for offset in 1..<(tokens.count - index) {
      switch text(offset) {
      case "[", "(", "{": depth += 1
      case "]", ")", "}": depth -= 1
      case "count" where depth == 0 && text(offset + 1) == ":":
        return isNumber(offset + 2) ? nil : .allocation
      default: break
      }
      if depth < 0 { return nil }
    }
    return nil
  }

  private func conversion() -> WireTrap? {
    // A label says how (`clamping:`, `exactly:`), a literal is known, and `)` is zero.
    if text(3) == ":" || text(2) == ")" { return nil }
    return isNumber(2) && text(3) == ")" ? nil : .conversion
  }
}
