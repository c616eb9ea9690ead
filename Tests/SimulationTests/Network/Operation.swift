import Ledger

/// One command that a client wants carried out once, under one key, however often it has to ask.
///
/// Unchecked: it belongs to the simulation's thread.
final class Operation: @unchecked Sendable {
  let client: String
  let key: String
  let command: Command
  /// The key as the journal names it.
  private(set) var digest: Digest
  /// Every key that was used for it: one, unless clients are sabotaged.
  private(set) var digests: [Digest]
  /// Requests that may have reached a server.
  var copies = 0
  /// Answers that said to be the first.
  var firstAnswers = 0
  /// The final answer in words; nil until there is one.
  var answer: String?

  init(_ client: String, _ key: String, _ command: Command) {
    self.client = client
    self.key = key
    self.command = command
    digest = Attempt(principal: client, key: key).keyDigest(for: command.kind)
    digests = [digest]
  }

  /// Goes on under another key, as no client may.
  func change(keyTo key: String) {
    digest = Attempt(principal: client, key: key).keyDigest(for: command.kind)
    digests.append(digest)
  }

  /// Who asks for what, for the history.
  var title: String { "\(client) \(key) \(command.kind)" }
}
