-- Lifecycles so far, whether the sums of each account are right, and whether commits are durable.
SELECT
  (SELECT count(*) FROM ledger_entry WHERE kind = 'hold_settled'),
  (SELECT count(*) FROM hold WHERE state = 'open'),
  (SELECT count(*)
    FROM account
    LEFT JOIN (
      SELECT account_id, sum(charged_micros) AS charged_micros FROM hold GROUP BY account_id
    ) AS charged USING (account_id)
    WHERE available_micros + held_micros + coalesce(charged_micros, 0) <> 1000000000000000),
  current_setting('fsync'),
  current_setting('synchronous_commit'),
  current_setting('full_page_writes');

VACUUM ANALYZE;
