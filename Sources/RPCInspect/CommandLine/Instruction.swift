/// What the words of the command line ask for.
public enum Instruction: Equatable, Sendable {
  /// The services of a server, or the methods of one service.
  case list(address: String?, service: String?)
  /// The source text of a symbol, or of all services.
  case describe(address: String?, symbol: String?)
  /// A call.
  case call(address: String, method: String)

  /// Where to connect; nil when a descriptor set alone answers.
  public var address: String? {
    switch self {
    case .list(let address, _), .describe(let address, _): address
    case .call(let address, _): address
    }
  }

  /// Reads `[address] list|describe|method [symbol]`.
  ///
  /// - Parameter hasProtoset: whether descriptor sets were given, so that no address is needed.
  public init(words: [String], hasProtoset: Bool) throws(UsageError) {
    let verbs = ["list", "describe"]
    var rest = words[...]
    guard let first = rest.first else { throw UsageError("an address or 'list' is missing") }
    var address: String?
    if !(hasProtoset && verbs.contains(first)) {
      address = first
      rest = rest.dropFirst()
    }
    guard let verb = rest.popFirst() else {
      throw UsageError("say what to do with \(first): list, describe or a method to call")
    }
    let subject = verbs.contains(verb) ? rest.popFirst() : nil
    guard rest.isEmpty else {
      throw UsageError(
        "too many words, beginning with '\(rest.first ?? "")'; JSON for -d belongs in quotes")
    }
    switch (verb, address) {
    case ("list", _): self = .list(address: address, service: subject)
    case ("describe", _): self = .describe(address: address, symbol: subject)
    case (_, let address?):
      guard verb.contains("/") || verb.contains(".") else {
        throw UsageError(
          "'\(verb)' is neither list nor describe nor a method like pkg.Service/Method")
      }
      self = .call(address: address, method: verb)
    case (_, nil): throw UsageError("calling a method needs an address")
    }
  }
}
