-- Promotions as head office states them, sales that differ from them, cash rounding, and prices that end.
CREATE TABLE promotions (
    promo_id VARCHAR(150) NOT NULL,
    version BIGINT NOT NULL,
    body JSONB NOT NULL,
    PRIMARY KEY (promo_id)
);
COMMENT ON TABLE promotions IS 'Promotions of this store as head office states them.';

-- Head office may have published some while this hub did not know what they are: they wait in its feed.
INSERT INTO promotions (promo_id, version, body)
    SELECT key, version, body::jsonb FROM feed WHERE kind = 'promotion' AND NOT deleted;

CREATE TABLE promotion_discrepancies (
    transaction_id UUID NOT NULL,
    till_discount BIGINT NOT NULL,
    hub_discount BIGINT NOT NULL,
    lines JSONB NOT NULL,
    noted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (transaction_id)
);
COMMENT ON TABLE promotion_discrepancies IS 'Sold with other promotions than the hub''s book gave for that moment (FR-5.3): kept, to review.';
COMMENT ON COLUMN promotion_discrepancies.lines IS '[{line_item_id, till, hub}] where they differ; each [{promo_id, name, discount_amount}]';

-- What was sold before is not looked through again: there was no promotion it could differ from.
INSERT INTO sync_cursors (cursor_name, cursor_value, updated_at)
    SELECT 'promotions-reviewed', value, now() FROM heads WHERE name = 'outbox';

ALTER TABLE prices ADD COLUMN effective_to TIMESTAMPTZ;

ALTER TABLE transactions ADD COLUMN rounding_amount BIGINT NOT NULL DEFAULT 0;
COMMENT ON COLUMN transactions.rounding_amount IS 'what cash rounding adds to total_amount, either sign';
DROP TRIGGER transactions_paid_is_immutable ON transactions;
CREATE TRIGGER transactions_paid_is_immutable BEFORE UPDATE OF
        id, store_id, terminal_id, cashier_id, currency, prices_include_tax, subtotal, discount_amount,
        tax_amount, total_amount, rounding_amount, payment_method, payment_provider_ref, receipt_number,
        business_date, external_reference, origin, local_sequence, proof, created_at, completed_at
    ON transactions FOR EACH ROW WHEN (OLD.completed_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
