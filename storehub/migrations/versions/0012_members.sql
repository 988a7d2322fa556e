-- Members and vouchers, and the sales that name them.
CREATE TABLE members (
    member_id VARCHAR(150) NOT NULL PRIMARY KEY,
    phone_key VARCHAR(32),
    code VARCHAR(50),
    body JSONB NOT NULL
);
CREATE INDEX idx_members_phone_key ON members (phone_key);
CREATE INDEX idx_members_code ON members (code);
COMMENT ON TABLE members IS 'Members of the loyalty programme as head office published them.';

CREATE TABLE vouchers (
    code VARCHAR(150) NOT NULL PRIMARY KEY,
    body JSONB NOT NULL
);
COMMENT ON TABLE vouchers IS 'Vouchers of this store as head office published them.';

CREATE TABLE voucher_uses (
    code VARCHAR(150) NOT NULL,
    transaction_id UUID NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    claimed_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    PRIMARY KEY (code, transaction_id)
);
CREATE INDEX idx_voucher_uses_transaction ON voucher_uses (transaction_id);
COMMENT ON TABLE voucher_uses IS 'Which sales of this store have which vouchers.';
COMMENT ON COLUMN voucher_uses.used_at IS 'null: it is on an open sale';

ALTER TABLE transactions ADD COLUMN member_id VARCHAR(150);
ALTER TABLE transactions ADD COLUMN points_earned BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE transactions ADD COLUMN vouchers JSONB;
COMMENT ON COLUMN transactions.vouchers IS '[{code, promo_id}]: shown for an open sale, redeemed by a recorded one';

-- Everything from before there were members has passed the hub by; what is in the feed is taken in now.
INSERT INTO members (member_id, phone_key, code, body)
SELECT key, nullif(body::jsonb ->> 'phone_key', ''), nullif(upper(body::jsonb ->> 'code'), ''), body::jsonb
FROM feed WHERE kind = 'member' AND NOT deleted;
INSERT INTO vouchers (code, body)
SELECT key, body::jsonb FROM feed WHERE kind = 'voucher' AND NOT deleted;

DROP TRIGGER transactions_paid_is_immutable ON transactions;
CREATE TRIGGER transactions_paid_is_immutable BEFORE UPDATE OF
        id, store_id, terminal_id, cashier_id, currency, prices_include_tax, subtotal, discount_amount,
        tax_amount, total_amount, rounding_amount, payment_method, payment_provider_ref, receipt_number,
        business_date, external_reference, origin, local_sequence, proof, created_at, completed_at,
        member_id, points_earned, vouchers
    ON transactions FOR EACH ROW WHEN (OLD.completed_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
