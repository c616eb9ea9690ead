/// What a command came to: as it was decided, or as the journal has it.
enum StoredOutcome: Sendable {
  /// Not written down yet.
  case decided(CommandOutcome)
  /// Bytes that are not looked into before somebody asks, and the change of their entry, to which
  /// they may refer.
  case stored([UInt8], of: Change)

  /// What the command came to.
  func decoded() throws(CorruptionError) -> CommandOutcome {
    switch self {
    case .decided(let outcome): outcome
    case .stored(let bytes, let change): try CommandOutcome(storedOutcome: bytes, of: change)
    }
  }

  /// Writes the form that an entry of `change` ends with, without its length.
  func write(to writer: inout ByteWriter, of change: Change) {
    switch self {
    case .decided(let outcome): outcome.write(to: &writer, of: change)
    case .stored(let bytes, _): bytes.withUnsafeBytes { writer.plain($0) }
    }
  }
}

/// What an answer and the change of its entry have in common: it is stored once.
enum AnswerSubject {
  case hold(Hold)
  case usage(UsageRecord)
}

extension Change {
  /// What the answer to the change's command may be about.
  var answerSubject: AnswerSubject? {
    switch self {
    case .holdOpened(let hold): .hold(hold)
    case .holdEnded(let end): end.usage.map { .usage($0) }
    case .charged(let charged): .usage(charged.usage)
    default: nil
    }
  }
}

extension Answer {
  /// Whether the answer is about just this.
  func isAbout(_ subject: AnswerSubject) -> Bool {
    switch (self, subject) {
    case (.holdOpened(let answer), .hold(let hold)): answer.hold === hold
    case (.holdSettled(let answer), .usage(let usage)): answer.usage == usage
    case (.deducted(let answer), .usage(let usage)): answer.usage == usage
    default: false
    }
  }
}
