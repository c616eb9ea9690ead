-- One lifecycle for pgbench in two round trips: each transaction is one call of a function.
\set account random(1, :accounts)
\set key random(0, 9223372036854775806)
SELECT open_hold(:account, 1000, 'open-' || :key) AS hold_id \gset
SELECT settle_hold(:hold_id, 700, 'settle-' || :key);
