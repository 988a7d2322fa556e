-- Open and parked baskets of the tills, and sales found by the number on their receipt.
CREATE TABLE baskets (
    sale_id UUID NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    cashier_id VARCHAR(50) NOT NULL,
    parked BOOLEAN NOT NULL,
    label VARCHAR(100) NOT NULL,
    line_count INTEGER NOT NULL,
    total_amount BIGINT NOT NULL,
    reserves JSONB NOT NULL,
    body JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (sale_id)
);
CREATE INDEX idx_baskets_parked ON baskets (updated_at) WHERE parked;
COMMENT ON TABLE baskets IS 'What stands in front of the tills; a copy, never the truth: that is in the till''s journal.';
COMMENT ON COLUMN baskets.reserves IS '[{sku_id, quantity}]: the stock that stands in it';
COMMENT ON COLUMN baskets.body IS 'the till''s own draft, for the till that takes it';

CREATE INDEX idx_txn_receipt_number ON transactions (receipt_number);
