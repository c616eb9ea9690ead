-- A credit ledger as it is usually written: balances in rows that transactions lock, a row for each
-- hold, and an entry for each command that carries its idempotency key.
--
-- Kept light where that is no lie: integer account ids, one unique key per command instead of a table
-- of keys and answers, no allocations with an expiry, no hash chain, no audit of who called.

CREATE TABLE account (
  account_id bigint PRIMARY KEY,
  available_micros bigint NOT NULL CHECK (available_micros >= 0),
  held_micros bigint NOT NULL DEFAULT 0 CHECK (held_micros >= 0)
-- Room for a row's next version on its page, so that no index changes.
) WITH (fillfactor = 50);

CREATE TYPE hold_state AS ENUM ('open', 'settled', 'released', 'expired');

CREATE TABLE hold (
  hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES account,
  state hold_state NOT NULL DEFAULT 'open',
  granted_micros bigint NOT NULL CHECK (granted_micros > 0),
  charged_micros bigint CHECK (charged_micros BETWEEN 0 AND granted_micros),
  opened_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL CHECK (expires_at > opened_at),
  ended_at timestamptz,
  CHECK ((state = 'open') = (ended_at IS NULL)),
  CHECK ((state = 'settled') = (charged_micros IS NOT NULL))
) WITH (fillfactor = 70);

-- What the sweeper of expired holds reads.
CREATE INDEX hold_open_by_expiry ON hold (expires_at) WHERE state = 'open';

CREATE TYPE entry_kind AS ENUM ('allocated', 'hold_opened', 'hold_settled');

CREATE TABLE ledger_entry (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  idempotency_key text NOT NULL UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 128),
  account_id bigint NOT NULL REFERENCES account,
  hold_id bigint REFERENCES hold,
  kind entry_kind NOT NULL,
  amount_micros bigint NOT NULL CHECK (amount_micros >= 0),
  available_micros bigint NOT NULL CHECK (available_micros >= 0),
  held_micros bigint NOT NULL CHECK (held_micros >= 0),
  recorded_at timestamptz NOT NULL DEFAULT now()
);

-- What an account's statement reads.
CREATE INDEX ledger_entry_by_account ON ledger_entry (account_id, entry_id);

-- The same two transactions as functions, so that each is one round trip.

CREATE FUNCTION open_hold(wanted_account bigint, micros bigint, key text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  found account;
  opened bigint;
BEGIN
  SELECT * INTO STRICT found FROM account WHERE account_id = wanted_account FOR UPDATE;
  IF found.available_micros < micros THEN
    RAISE EXCEPTION 'insufficient credits';
  END IF;
  INSERT INTO hold (account_id, granted_micros, expires_at)
    VALUES (wanted_account, micros, now() + interval '60 s') RETURNING hold_id INTO opened;
  UPDATE account
    SET available_micros = available_micros - micros, held_micros = held_micros + micros
    WHERE account_id = wanted_account;
  INSERT INTO ledger_entry
    (idempotency_key, account_id, hold_id, kind, amount_micros, available_micros, held_micros)
    VALUES (key, wanted_account, opened, 'hold_opened', micros, found.available_micros - micros,
      found.held_micros + micros);
  RETURN opened;
END $$;

CREATE FUNCTION settle_hold(wanted_hold bigint, micros bigint, key text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  found record;
BEGIN
  SELECT state, granted_micros, account_id, available_micros, held_micros INTO STRICT found
    FROM hold JOIN account USING (account_id) WHERE hold_id = wanted_hold FOR UPDATE;
  IF found.state <> 'open' THEN
    RAISE EXCEPTION 'the hold has ended';
  END IF;
  UPDATE hold SET state = 'settled', charged_micros = micros, ended_at = now()
    WHERE hold_id = wanted_hold;
  UPDATE account
    SET available_micros = available_micros + found.granted_micros - micros,
      held_micros = held_micros - found.granted_micros
    WHERE account_id = found.account_id;
  INSERT INTO ledger_entry
    (idempotency_key, account_id, hold_id, kind, amount_micros, available_micros, held_micros)
    VALUES (key, found.account_id, wanted_hold, 'hold_settled', micros,
      found.available_micros + found.granted_micros - micros,
      found.held_micros - found.granted_micros);
  RETURN found.available_micros + found.granted_micros - micros;
END $$;
