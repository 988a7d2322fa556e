ALTER TABLE price_discrepancies ADD COLUMN told_at TIMESTAMPTZ;
CREATE INDEX idx_price_discrepancies_untold ON price_discrepancies (noted_at) WHERE told_at IS NULL;
COMMENT ON COLUMN price_discrepancies.told_at IS 'when it was sealed for head office';
