/// How many tokens the latest answers of each model had: what bounds the size of a slice.
///
/// Counts the output tokens of the last ``chargesMax`` answers that were delivered whole, of all
/// models together, in steps of ``step`` tokens. Charges that time alone brought about do not
/// count: when they are written down must not matter. Part of the state that the journal gives, so
/// that a decision made with it can be made again.
struct OutputHistory: Sendable {
  /// One charge's model and output tokens.
  typealias Output = ModelOutput

  static let chargesMax = 10_000
  /// Fewer answers than this say nothing about a model.
  static let answersMin = 20
  private static let step: Int64 = 16
  private static let stepCount = Int(LedgerLimits.sliceTokensMax / step)

  private struct Answer {
    let model: Int
    let step: Int
  }

  /// The models' places, in order of appearance.
  private var places: [String: Int] = [:]
  /// The model that was last asked for: most answers come from few.
  private var last: (model: String, place: Int)?
  /// By place, then step: how many of the remembered answers were that long.
  private var tallies: [[Int]] = []
  /// The remembered answers; once full, the oldest is at `oldest`.
  private var answers: [Answer] = []
  private var oldest = 0
  /// What each charge since the batch began pushed out, if anything; nil while nobody wants it.
  private var pushedOut: [Answer?]?

  /// Starts from what a store remembers, oldest first.
  init(_ outputs: [Output] = []) {
    for output in outputs { note(output) }
  }

  /// What is remembered, oldest first; lengths are those of their step.
  var remembered: [Output] {
    let names = Dictionary(uniqueKeysWithValues: places.map { ($0.value, $0.key) })
    return (answers[oldest...] + answers[..<oldest]).map { answer in
      Output(model: names[answer.model] ?? "", tokens: Int64(answer.step + 1) * Self.step)
    }
  }

  /// Takes a charge into account if it was for a whole answer.
  mutating func note(_ record: UsageRecord) {
    if let answer = record.wholeAnswer { note(answer) }
  }

  private mutating func note(_ output: Output) {
    precondition(output.tokens > 0, "an answer of nothing")
    let answer = Answer(
      model: place(of: output.model),
      step: Int(min((output.tokens - 1) / Self.step, Int64(Self.stepCount - 1))))
    tallies[answer.model][answer.step] += 1
    guard answers.count == Self.chargesMax else {
      pushedOut?.append(nil)
      return answers.append(answer)
    }
    let forgotten = answers[oldest]
    pushedOut?.append(forgotten)
    tallies[forgotten.model][forgotten.step] -= 1
    answers[oldest] = answer
    oldest = (oldest + 1) % Self.chargesMax
  }

  /// Begins a batch of charges that may be taken back.
  mutating func beginBatch() {
    if pushedOut?.isEmpty ?? false { return }
    pushedOut = []
  }

  /// Takes back the charges of the batch.
  mutating func takeBack() {
    for forgotten in (pushedOut ?? []).reversed() {
      if forgotten != nil { oldest = (oldest + Self.chargesMax - 1) % Self.chargesMax }
      let noted = forgotten == nil ? answers.removeLast() : answers[oldest]
      tallies[noted.model][noted.step] -= 1
      guard let forgotten else { continue }
      tallies[forgotten.model][forgotten.step] += 1
      answers[oldest] = forgotten
    }
    pushedOut = []
  }

  private mutating func place(of model: String) -> Int {
    if let last, last.model == model { return last.place }
    let place = places[model] ?? tallies.count
    last = (model, place)
    guard place == tallies.count else { return place }
    places[model] = place
    tallies.append(Array(repeating: 0, count: Self.stepCount))
    return place
  }

  /// The most output tokens of a slice for `model`: what nine of ten answers do not exceed, rounded
  /// up to a step, and never above ``LedgerLimits/sliceTokensMax``.
  func sliceTokens(for model: String) -> Int64 {
    guard let place = places[model] else { return LedgerLimits.sliceTokensMax }
    let tally = tallies[place]
    let count = tally.reduce(0, +)
    guard count >= Self.answersMin else { return LedgerLimits.sliceTokensMax }
    // The least step with at least nine tenths of the answers at or below it.
    var below = 0
    for (step, answers) in tally.enumerated() {
      below += answers
      if below * 10 >= count * 9 { return Int64(step + 1) * Self.step }
    }
    return LedgerLimits.sliceTokensMax
  }
}

extension UsageRecord {
  /// The answer that was charged, when it was delivered whole and in time; nil otherwise.
  public var wholeAnswer: ModelOutput? {
    guard outcome == .complete, !isLate, let usage, usage.outputTokens > 0 else { return nil }
    return ModelOutput(model: usage.model, tokens: usage.outputTokens)
  }
}

/// The output tokens of one charge.
public struct ModelOutput: Sendable, Hashable {
  public let model: String
  public let tokens: Int64

  public init(model: String, tokens: Int64) {
    self.model = model
    self.tokens = tokens
  }

  /// How many of the latest charges with output tokens a store is asked for.
  public static let rememberedMax = OutputHistory.chargesMax
}
