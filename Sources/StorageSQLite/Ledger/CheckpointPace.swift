/// How much the logs hold before they are copied into their files.
struct CheckpointPace: Sendable {
  /// Entries in the journal's log.
  var journalEntries = 2_000
  /// About how many rows in the state's log, each at most a page of it.
  var stateRows = 40_000
}
