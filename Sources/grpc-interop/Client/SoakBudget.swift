/// How much the soak cases do and what they tolerate.
struct SoakBudget: Sendable {
  /// Calls to make.
  var iterations = 10
  /// Calls that may fail or be too slow.
  var failuresMax = 0
  /// Longest time that a call may take.
  var latencyMax: Duration = .seconds(1)
  /// Time between the calls of `long_lived_channel`.
  var pause: Duration = .milliseconds(200)
}
