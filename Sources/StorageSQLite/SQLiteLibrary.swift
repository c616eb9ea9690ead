import CSQLiteSetup

/// What SQLite is told before the process first uses it.
enum SQLiteLibrary {
  /// Tells it, once. Call it before any database is opened.
  static func prepare() { _ = countsNoMemory }

  /// Whether it keeps no count of its memory; it refuses where something else has used it before.
  private static let countsNoMemory = farebox_sqlite_count_no_memory() == 0
}
