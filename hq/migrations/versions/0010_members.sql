-- Members of the loyalty programme and their points; vouchers and their uses.

CREATE TABLE members (
    member_id VARCHAR(50) NOT NULL PRIMARY KEY,
    name VARCHAR(200) NOT NULL,
    phone VARCHAR(20),
    phone_key VARCHAR(32),
    code VARCHAR(50) NOT NULL,
    tier VARCHAR(50) NOT NULL,
    birthdate DATE,
    is_active BOOLEAN NOT NULL,
    store_ids JSONB,
    told_points BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX idx_members_phone ON members (phone) WHERE is_active;
CREATE UNIQUE INDEX idx_members_code ON members (code) WHERE is_active;
COMMENT ON TABLE members IS 'Members of the loyalty programme.';
COMMENT ON COLUMN members.phone IS 'with its country; never published';
COMMENT ON COLUMN members.phone_key IS 'what stores find the phone by';
COMMENT ON COLUMN members.code IS 'the number on the card';
COMMENT ON COLUMN members.tier IS 'as stated; points may have led to a higher one';
COMMENT ON COLUMN members.birthdate IS 'never published';
COMMENT ON COLUMN members.store_ids IS 'null: every store';
COMMENT ON COLUMN members.told_points IS 'what stores were told';

CREATE TABLE member_points (
    transaction_id UUID NOT NULL PRIMARY KEY,
    member_id VARCHAR(50) NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    sold_at TIMESTAMPTZ NOT NULL,
    paid BIGINT NOT NULL,
    points_earned BIGINT NOT NULL,
    points_taken_back BIGINT NOT NULL
);
CREATE INDEX idx_member_points_member ON member_points (member_id, sold_at);
COMMENT ON TABLE member_points IS 'Points, one row a sale, so that none counts twice.';
COMMENT ON COLUMN member_points.paid IS 'total of the sale';
COMMENT ON COLUMN member_points.points_taken_back IS 'by refunds and voids';

CREATE TABLE point_balances (
    member_id VARCHAR(50) NOT NULL PRIMARY KEY,
    points BIGINT NOT NULL
);
COMMENT ON TABLE point_balances IS 'Each member''s points: the sum of their rows in member_points.';

CREATE TABLE vouchers (
    code VARCHAR(40) NOT NULL PRIMARY KEY,
    series_id VARCHAR(50) NOT NULL,
    promo_id VARCHAR(50) NOT NULL,
    amount BIGINT,
    starts_at TIMESTAMPTZ,
    ends_at TIMESTAMPTZ,
    max_uses INTEGER NOT NULL,
    store_ids JSONB,
    stated_at TIMESTAMPTZ NOT NULL,
    stated_by VARCHAR(100) NOT NULL,
    ended_at TIMESTAMPTZ,
    told_used_up BOOLEAN NOT NULL
);
CREATE INDEX idx_vouchers_series ON vouchers (series_id);
COMMENT ON TABLE vouchers IS 'Codes that open a promotion for who shows them.';
COMMENT ON COLUMN vouchers.promo_id IS 'what it opens';
COMMENT ON COLUMN vouchers.amount IS 'minor units; null: the promotion was stated by itself';
COMMENT ON COLUMN vouchers.ends_at IS 'excluded';
COMMENT ON COLUMN vouchers.store_ids IS 'null: every store';
COMMENT ON COLUMN vouchers.ended_at IS 'taken back; null: it stands';
COMMENT ON COLUMN vouchers.told_used_up IS 'what stores were told';

CREATE TABLE voucher_uses (
    code VARCHAR(40) NOT NULL,
    transaction_id UUID NOT NULL,
    promo_id VARCHAR(50) NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    used_at TIMESTAMPTZ NOT NULL,
    given_back BOOLEAN NOT NULL,
    pipe VARCHAR(150) NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (code, transaction_id)
);
CREATE INDEX idx_voucher_uses_transaction ON voucher_uses (transaction_id);
COMMENT ON TABLE voucher_uses IS 'In which sales vouchers were used; more uses than max_uses are for review.';
COMMENT ON COLUMN voucher_uses.given_back IS 'its sale is void';
COMMENT ON COLUMN voucher_uses.pipe IS 'with position: the fact in the ledger';
