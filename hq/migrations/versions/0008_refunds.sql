-- Refunds in the books.
CREATE TABLE refunds (
    id UUID NOT NULL,
    business_date DATE NOT NULL,
    transaction_id UUID,
    store_id VARCHAR(50) NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    cashier_id VARCHAR(50) NOT NULL,
    refunded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    refunded_by VARCHAR(50) NOT NULL,
    approved_by VARCHAR(50),
    reason TEXT NOT NULL,
    tax_amount BIGINT NOT NULL,
    total_amount BIGINT NOT NULL,
    rounding_amount BIGINT NOT NULL,
    pipe VARCHAR(150) NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (id, business_date)
)
 PARTITION BY RANGE (business_date);
CREATE INDEX idx_refunds_store_date ON refunds (store_id, business_date);
CREATE INDEX idx_refunds_transaction ON refunds (transaction_id);
COMMENT ON TABLE refunds IS 'Money given back against sales; the sales'' own rows keep their amounts.';
COMMENT ON COLUMN refunds.business_date IS 'the day of the refund, not of the sale';
COMMENT ON COLUMN refunds.transaction_id IS 'null: without a receipt';
COMMENT ON COLUMN refunds.cashier_id IS 'who sold; without a receipt, who gave back';
COMMENT ON COLUMN refunds.total_amount IS 'what the goods had cost';
COMMENT ON COLUMN refunds.pipe IS 'with position: its fact in the ledger';

CREATE TABLE refund_lines (
    refund_id UUID NOT NULL,
    line_number INTEGER NOT NULL,
    business_date DATE NOT NULL,
    line_item_id UUID NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    category VARCHAR(100) NOT NULL,
    quantity BIGINT NOT NULL,
    unit VARCHAR(10) NOT NULL,
    item_quantity BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL,
    line_amount BIGINT NOT NULL,
    restock BOOLEAN NOT NULL,
    PRIMARY KEY (refund_id, line_number, business_date)
)
 PARTITION BY RANGE (business_date);
COMMENT ON TABLE refund_lines IS 'What came back, line by line.';
COMMENT ON COLUMN refund_lines.line_item_id IS 'the line of the sale';
COMMENT ON COLUMN refund_lines.quantity IS 'pieces or grams';
COMMENT ON COLUMN refund_lines.item_quantity IS 'pieces; a weighed line counts as one';
COMMENT ON COLUMN refund_lines.line_amount IS 'the line''s part of total_amount';

CREATE TABLE refund_tenders (
    refund_id UUID NOT NULL,
    payment_number INTEGER NOT NULL,
    business_date DATE NOT NULL,
    payment_method VARCHAR(50) NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (refund_id, payment_number, business_date)
)
 PARTITION BY RANGE (business_date);
COMMENT ON TABLE refund_tenders IS 'How the money went back; together total_amount and rounding_amount of the refund.';

COMMENT ON COLUMN transactions.status IS 'PAID; VOID or REFUNDED once that is known';

-- The months that have partitions already get them for the new tables as well.
DO $$
DECLARE month RECORD; name TEXT;
BEGIN
    FOR month IN
        SELECT substr(c.relname, length('stock_movements') + 1) AS suffix,
            pg_get_expr(c.relpartbound, c.oid) AS bounds
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'stock_movements'::regclass
    LOOP
        FOREACH name IN ARRAY ARRAY['refunds', 'refund_lines', 'refund_tenders'] LOOP
            EXECUTE 'CREATE TABLE ' || quote_ident(name || month.suffix) || ' PARTITION OF ' || quote_ident(name)
                || ' ' || month.bounds;
        END LOOP;
    END LOOP;
END $$;
