import GRDB

extension StateDatabase {
  /// The tables: a view of the journal as of the entry in `as_of`, and nothing else.
  ///
  /// The CHECKs repeat the ledger's invariants, so that a row edited by hand is noticed.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    // Tables of an older shape are dropped: the journal fills them again.
    migrator.registerMigration("state-11") { database in
      try database.execute(sql: "DROP VIEW IF EXISTS idempotency_keys")
      for table in tables + ["idempotency_keys"] where try database.tableExists(table) {
        try database.execute(sql: "DROP TABLE \(table)")
      }
      try database.execute(sql: accountTables)
      try database.execute(sql: usageTables)
    }
    return migrator
  }

  private static let tables = [
    "as_of", "accounts", "allocations", "holds", "usage", "prices", "merged_keys", "recent_keys",
    "budgets", "events", "due", "account_items", "account_items_end",
    "recent_answers",
  ]

  private static let accountTables = """
    CREATE TABLE as_of (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      seq INTEGER NOT NULL,
      time_us INTEGER NOT NULL,
      hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT;

    CREATE TABLE accounts (
      account_id TEXT PRIMARY KEY,
      state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
      overdraft_limit_micros INTEGER NOT NULL CHECK (overdraft_limit_micros >= 0),
      debt_micros INTEGER NOT NULL CHECK (debt_micros >= 0),
      seq INTEGER NOT NULL,
      alerts BLOB
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE allocations (
      allocation_id INTEGER PRIMARY KEY,
      account_id TEXT NOT NULL,
      amount_micros INTEGER NOT NULL CHECK (amount_micros > 0),
      class INTEGER NOT NULL CHECK (class BETWEEN 1 AND 3),
      priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 255),
      effective_at_us INTEGER NOT NULL,
      expires_at_us INTEGER,
      models TEXT NOT NULL,
      allocated_by TEXT NOT NULL,
      allocated_at_us INTEGER NOT NULL,
      notes TEXT NOT NULL,
      available_micros INTEGER NOT NULL CHECK (available_micros >= 0),
      held_micros INTEGER NOT NULL CHECK (held_micros >= 0),
      spent_micros INTEGER NOT NULL CHECK (spent_micros >= 0),
      expired_micros INTEGER NOT NULL CHECK (expired_micros >= 0),
      voided_micros INTEGER NOT NULL CHECK (voided_micros >= 0),
      voided INTEGER NOT NULL CHECK (voided IN (0, 1)),
      unspent INTEGER NOT NULL CHECK (unspent = (available_micros > 0 OR held_micros > 0)),
      CHECK (amount_micros
        = available_micros + held_micros + spent_micros + expired_micros + voided_micros)
    ) STRICT;
    -- By a column of its own: amounts change all the time, and the index does not.
    CREATE INDEX allocations_unspent ON allocations (account_id) WHERE unspent = 1;

    CREATE TABLE holds (
      hold_id INTEGER PRIMARY KEY,
      account_id TEXT NOT NULL,
      state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
      price_version INTEGER,
      session_id TEXT NOT NULL,
      opened_at_us INTEGER NOT NULL,
      granted_micros INTEGER NOT NULL CHECK (granted_micros > 0),
      pins BLOB NOT NULL,
      expires_at_us INTEGER NOT NULL,
      reported_micros INTEGER NOT NULL CHECK (reported_micros >= 0),
      reported_usage BLOB,
      ended_at_us INTEGER,
      late_settled INTEGER NOT NULL CHECK (late_settled IN (0, 1)),
      CHECK ((state = 1) = (ended_at_us IS NULL))
    ) STRICT;
    CREATE INDEX holds_open ON holds (account_id) WHERE state = 1;

    -- Not part of the state, but a lower bound that the sweeper raises: see LedgerRow.due.
    CREATE TABLE due (
      account_id TEXT PRIMARY KEY,
      due_at_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX due_by_instant ON due (due_at_us);
    """

  private static let usageTables = """
    CREATE TABLE usage (
      usage_id INTEGER PRIMARY KEY,
      account_id TEXT NOT NULL,
      model TEXT,
      input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      cached_input_tokens INTEGER NOT NULL,
      reasoning_tokens INTEGER NOT NULL,
      price_version INTEGER,
      charged_micros INTEGER NOT NULL CHECK (charged_micros >= 0),
      debt_micros INTEGER NOT NULL CHECK (debt_micros >= 0),
      uncollected_micros INTEGER NOT NULL CHECK (uncollected_micros >= 0),
      pins BLOB NOT NULL,
      charged_at_us INTEGER NOT NULL,
      event_time_us INTEGER NOT NULL,
      late INTEGER NOT NULL CHECK (late IN (0, 1)),
      outcome INTEGER NOT NULL,
      hold_id INTEGER,
      session_id TEXT NOT NULL,
      request_id TEXT NOT NULL,
      refunded_micros INTEGER NOT NULL
        CHECK (refunded_micros BETWEEN 0 AND charged_micros)
    ) STRICT;
    -- The latest charges for whole answers: see RecentAnswers.
    CREATE TABLE recent_answers (
      last_usage_id INTEGER PRIMARY KEY,
      usage_ids TEXT NOT NULL
    ) STRICT;

    CREATE TABLE prices (
      version INTEGER PRIMARY KEY,
      model TEXT NOT NULL,
      effective_from_us INTEGER NOT NULL,
      input_micros_per_million INTEGER NOT NULL,
      output_micros_per_million INTEGER NOT NULL,
      cached_input_micros_per_million INTEGER NOT NULL,
      reasoning_micros_per_million INTEGER NOT NULL,
      per_call_micros INTEGER NOT NULL,
      minimum_micros INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE budgets (
      budget_id INTEGER PRIMARY KEY,
      account_id TEXT NOT NULL,
      mode INTEGER NOT NULL CHECK (mode BETWEEN 1 AND 3),
      limit_micros INTEGER NOT NULL CHECK (limit_micros >= 0),
      form BLOB NOT NULL
    ) STRICT;
    CREATE INDEX budgets_by_account ON budgets (account_id);

    CREATE TABLE events (
      event_id INTEGER PRIMARY KEY,
      account_id TEXT NOT NULL,
      kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4)
    ) STRICT;

    -- The first 8 bytes of each key's digest: see KeyIndex.
    CREATE TABLE merged_keys (
      key_hash INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (key_hash, seq)
    ) STRICT, WITHOUT ROWID;
    -- The latest keys, some of which are in the other table already: see KeyRow.
    CREATE TABLE recent_keys (
      last_seq INTEGER PRIMARY KEY,
      hash_by_seq TEXT NOT NULL
    ) STRICT;
    -- The holds and charges of each account up to a journal entry: see AccountItems.
    CREATE TABLE account_items (
      account_id TEXT NOT NULL,
      last_seq INTEGER NOT NULL,
      seqs TEXT NOT NULL,
      PRIMARY KEY (account_id, last_seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE account_items_end (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      seq INTEGER NOT NULL
    ) STRICT;
    INSERT INTO account_items_end VALUES (1, 0);

    CREATE VIEW idempotency_keys AS
      SELECT key_hash, seq FROM merged_keys
      UNION
      SELECT pair.value, CAST(pair.key AS INTEGER)
      FROM recent_keys CROSS JOIN json_each(hash_by_seq) pair;
    """
}
