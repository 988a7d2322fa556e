-- Promotions with everything they ever said, and prices that end before the next one begins.

CREATE TABLE promotions (
    promo_id VARCHAR(50) NOT NULL,
    version BIGINT NOT NULL,
    body JSONB NOT NULL,
    stated_at TIMESTAMPTZ NOT NULL,
    stated_by VARCHAR(100) NOT NULL,
    ended_at TIMESTAMPTZ,
    PRIMARY KEY (promo_id, version)
);
CREATE UNIQUE INDEX idx_promotions_stated ON promotions (promo_id) WHERE ended_at IS NULL;
CREATE INDEX idx_promotions_dates ON promotions (stated_at, ended_at);
COMMENT ON TABLE promotions IS 'What was said about each promotion, and from when until when it stood.';
COMMENT ON COLUMN promotions.version IS 'news version';
COMMENT ON COLUMN promotions.ended_at IS 'changed or taken back; null: it stands';

ALTER TABLE prices ADD COLUMN effective_to TIMESTAMPTZ;
COMMENT ON COLUMN prices.effective_to IS 'null: until the next one';
