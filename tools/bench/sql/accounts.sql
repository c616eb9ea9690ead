-- :accounts accounts that never run out of credit.
INSERT INTO account (account_id, available_micros)
  SELECT number, 1000000000000000 FROM generate_series(1, :accounts) AS number;
INSERT INTO ledger_entry
  (idempotency_key, account_id, kind, amount_micros, available_micros, held_micros)
  SELECT 'allocate-' || account_id, account_id, 'allocated', available_micros, available_micros, 0
  FROM account;
VACUUM ANALYZE;
CHECKPOINT;
