/// Turns proto names into Swift's camel case, the way swift-protobuf does.
enum IdentifierCase {
  /// Words that Swift's API guidelines write in capitals, unless they come first.
  private static let abbreviations: Set<String> = ["id", "url", "http", "https"]

  /// `account_id` becomes `accountID`, `FOO_BAR` becomes `fooBar`.
  static func lowerCamel(_ name: String) -> String {
    let words = words(of: name)
    guard let first = words.first else { return name }
    return underscores(before: name) + first + words.dropFirst().map(capitalized).joined()
  }

  /// `error_details` becomes `ErrorDetails`, `id` becomes `ID`.
  static func upperCamel(_ name: String) -> String {
    underscores(before: name) + words(of: name).map(capitalized).joined()
  }

  /// `CheckCredits` becomes `checkCredits`; only the first word changes, `GetID` becomes `getID`.
  static func lowerFirstWord(_ name: String) -> String {
    guard !name.contains("_"), let first = words(of: name).first else { return lowerCamel(name) }
    return first + name.dropFirst(first.count)
  }

  /// Capitalises the first letter and nothing else.
  static func upperFirst(_ name: some StringProtocol) -> String {
    name.prefix(1).uppercased() + name.dropFirst()
  }

  /// `foo.bar_baz.v1` becomes `Foo_BarBaz_V1_`; the empty package has no prefix.
  static func packagePrefix(_ package: String) -> String {
    package.split(separator: ".").map { part in
      part.split(separator: "_").map(upperFirst).joined() + "_"
    }.joined()
  }

  /// The lower-case words of a name: cut at underscores, before capitals and after digits.
  static func words(of name: String) -> [String] {
    var words: [String] = []
    var word = ""
    let characters = Array(name)
    for (index, character) in characters.enumerated() {
      if character == "_" {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      if index > 0, !word.isEmpty {
        let previous = characters[index - 1]
        let next = index + 1 < characters.count ? characters[index + 1] : nil
        // HTTPServer is HTTP, Server: a capital starts a word when a small letter follows it.
        let startsAfterCapitals =
          character.isUppercase && previous.isUppercase && next?.isLowercase == true
        let startsAfterOther = character.isUppercase && !previous.isUppercase
        let startsAfterDigit = character.isLetter && previous.isNumber
        if startsAfterCapitals || startsAfterOther || startsAfterDigit {
          words.append(word)
          word = ""
        }
      }
      word += character.lowercased()
    }
    if !word.isEmpty { words.append(word) }
    return words
  }

  private static func capitalized(_ word: String) -> String {
    abbreviations.contains(word) ? word.uppercased() : upperFirst(word)
  }

  private static func underscores(before name: String) -> String {
    String(name.prefix { $0 == "_" })
  }
}
