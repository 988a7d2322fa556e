-- Money given back, and shifts with the cash that moves without a sale.
CREATE TABLE refunds (
    id UUID NOT NULL,
    transaction_id UUID,
    store_id VARCHAR(50) NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    business_date DATE NOT NULL,
    refunded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    refunded_by VARCHAR(50) NOT NULL,
    approved_by VARCHAR(50),
    reason TEXT NOT NULL,
    total_amount BIGINT NOT NULL,
    rounding_amount BIGINT NOT NULL,
    body JSONB NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (position)
);
CREATE INDEX idx_refunds_refunded ON refunds (store_id, refunded_at);
CREATE INDEX idx_refunds_transaction ON refunds (transaction_id);
COMMENT ON TABLE refunds IS 'Money given back against sales; append-only.';
COMMENT ON COLUMN refunds.transaction_id IS 'null: without a receipt';
COMMENT ON COLUMN refunds.body IS 'the fact RefundRecorded as it was sealed';
COMMENT ON COLUMN refunds.position IS 'the fact''s in the outbox';

CREATE TABLE shifts (
    id UUID NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    cashier_id VARCHAR(50) NOT NULL,
    business_date DATE NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opened_position BIGINT NOT NULL,
    float_amount BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by VARCHAR(50),
    closed_position BIGINT,
    expected_amount BIGINT,
    counted_amount BIGINT,
    over_short BIGINT,
    z_report JSONB,
    PRIMARY KEY (id),
    UNIQUE (opened_position)
);
CREATE INDEX idx_shifts_open ON shifts (terminal_id) WHERE closed_at IS NULL;
CREATE INDEX idx_shifts_opened ON shifts (store_id, opened_at);
COMMENT ON TABLE shifts IS 'One row a shift; its sales are the terminal''s facts between the two positions.';
COMMENT ON COLUMN shifts.opened_position IS 'of its fact in the outbox';
COMMENT ON COLUMN shifts.over_short IS 'counted minus expected';
COMMENT ON COLUMN shifts.z_report IS 'the figures as they were when the shift was closed';

CREATE TABLE cash_movements (
    id UUID NOT NULL,
    shift_id UUID NOT NULL,
    kind VARCHAR(20) NOT NULL,
    amount BIGINT NOT NULL,
    reason TEXT NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    moved_by VARCHAR(50) NOT NULL,
    approved_by VARCHAR(50),
    position BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(shift_id) REFERENCES shifts (id),
    UNIQUE (position)
);
CREATE INDEX idx_cash_movements_shift ON cash_movements (shift_id);
COMMENT ON TABLE cash_movements IS 'Cash put into a drawer or taken out without a sale; append-only.';

-- A refund may bring goods back and find them spoilt: two movements of one SKU in one fact.
ALTER TABLE stock_movements DROP CONSTRAINT stock_movements_pkey,
    ADD CONSTRAINT stock_movements_pkey PRIMARY KEY (position, sku_id, adjustment_type);

CREATE TRIGGER refunds_stay BEFORE UPDATE OR DELETE ON refunds FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cash_movements_stay BEFORE UPDATE OR DELETE ON cash_movements
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
