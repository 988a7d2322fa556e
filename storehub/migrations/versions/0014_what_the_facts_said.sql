-- What facts and news said before there was a column for it. Numbers and lengths are looked at, because facts
-- were taken before this was; a NUL stands in no JSONB.

UPDATE prices p SET effective_to = (f.body::jsonb ->> 'effective_to')::timestamptz
FROM feed f
WHERE f.kind = 'price' AND f.key = p.price_id AND NOT f.deleted AND p.effective_to IS NULL
    AND f.body::jsonb ->> 'effective_to' IS NOT NULL;

CREATE TEMPORARY TABLE said ON COMMIT DROP AS
SELECT origin, sequence, payload::jsonb -> 'payload' AS body
FROM (
    SELECT origin, sequence, payload FROM outbox
    WHERE event_type = 'SaleRecorded' AND strpos(payload, '\u0000') = 0
        AND (payload ~ '"rounding_amount":-?[1-9]' OR payload ~ '"member_id":"' OR payload ~ '"vouchers":\[\{')
    OFFSET 0
) o;

ALTER TABLE transactions DISABLE TRIGGER transactions_paid_is_immutable;
UPDATE transactions t SET rounding_amount = (s.body ->> 'rounding_amount')::bigint
FROM said s
WHERE s.origin = t.origin AND s.sequence = t.local_sequence AND s.body ->> 'transaction_id' = t.id::text
    AND t.rounding_amount = 0 AND s.body ->> 'rounding_amount' ~ '^-?[0-9]{1,15}$';
UPDATE transactions t SET member_id = s.body ->> 'member_id', points_earned = (s.body ->> 'points_earned')::bigint
FROM said s
WHERE s.origin = t.origin AND s.sequence = t.local_sequence AND s.body ->> 'transaction_id' = t.id::text
    AND t.member_id IS NULL AND length(s.body ->> 'member_id') BETWEEN 1 AND 150
    AND s.body ->> 'points_earned' ~ '^[0-9]{1,15}$';
UPDATE transactions t SET vouchers = s.body -> 'vouchers'
FROM said s
WHERE s.origin = t.origin AND s.sequence = t.local_sequence AND s.body ->> 'transaction_id' = t.id::text
    AND t.vouchers IS NULL AND jsonb_typeof(s.body -> 'vouchers') = 'array' AND s.body -> 'vouchers' <> '[]';
ALTER TABLE transactions ENABLE TRIGGER transactions_paid_is_immutable;

-- A sale that is void has given its vouchers back.
INSERT INTO voucher_uses (code, transaction_id, terminal_id, claimed_at, used_at)
SELECT v ->> 'code', t.id, t.terminal_id, t.completed_at, t.completed_at
FROM transactions t, jsonb_array_elements(t.vouchers) v
WHERE t.completed_at IS NOT NULL AND t.status <> 'VOID' AND length(v ->> 'code') <= 150
ON CONFLICT (code, transaction_id) DO UPDATE SET used_at = coalesce(voucher_uses.used_at, excluded.used_at);
