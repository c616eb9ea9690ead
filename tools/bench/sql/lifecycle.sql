-- One lifecycle for pgbench, statement by statement: OpenHold, then SettleHold, a transaction each.
-- A repeated key is a unique violation, a lack of credit or an ended hold a division by zero here:
-- neither occurs, and pgbench would report it.
\set account random(1, :accounts)
\set key random(0, 9223372036854775806)

BEGIN;
SELECT available_micros, held_micros FROM account WHERE account_id = :account FOR UPDATE \gset
\if :available_micros < 1000
SELECT 1 / 0;
\endif
INSERT INTO hold (account_id, granted_micros, expires_at)
  VALUES (:account, 1000, now() + interval '60 s') RETURNING hold_id \gset
UPDATE account
  SET available_micros = available_micros - 1000, held_micros = held_micros + 1000
  WHERE account_id = :account;
INSERT INTO ledger_entry
  (idempotency_key, account_id, hold_id, kind, amount_micros, available_micros, held_micros)
  VALUES ('open-' || :key, :account, :hold_id, 'hold_opened', 1000,
    :available_micros::bigint - 1000, :held_micros::bigint + 1000);
COMMIT;

BEGIN;
SELECT state = 'open' AS is_open, granted_micros, available_micros, held_micros
  FROM hold JOIN account USING (account_id) WHERE hold_id = :hold_id FOR UPDATE \gset
\if not :is_open
SELECT 1 / 0;
\endif
UPDATE hold SET state = 'settled', charged_micros = 700, ended_at = now()
  WHERE hold_id = :hold_id;
UPDATE account
  SET available_micros = available_micros + :granted_micros - 700,
    held_micros = held_micros - :granted_micros
  WHERE account_id = :account;
INSERT INTO ledger_entry
  (idempotency_key, account_id, hold_id, kind, amount_micros, available_micros, held_micros)
  VALUES ('settle-' || :key, :account, :hold_id, 'hold_settled', 700,
    :available_micros::bigint + :granted_micros - 700, :held_micros::bigint - :granted_micros);
COMMIT;
