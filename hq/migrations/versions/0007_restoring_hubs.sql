CREATE TABLE stock_levels (
    store_id VARCHAR(50) NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    current_stock BIGINT NOT NULL,
    moved_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id, sku_id)
);
COMMENT ON TABLE stock_levels IS 'Sum of the movements, moved in the transaction that inserted them: as of the books'' cursor.';
COMMENT ON COLUMN stock_levels.current_stock IS 'pieces or grams';
INSERT INTO stock_levels (store_id, sku_id, current_stock, moved_at)
SELECT store_id, sku_id, sum(quantity_delta), max(moved_at) FROM stock_movements GROUP BY store_id, sku_id;

CREATE TABLE terminal_enrolments (
    store_id VARCHAR(50) NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    secret_hash VARCHAR(64) NOT NULL,
    used_code_hash VARCHAR(64) NOT NULL,
    enrolled_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id, terminal_id)
);
COMMENT ON TABLE terminal_enrolments IS 'Which tills each hub let in: a hub that takes its place knows them by this.';
COMMENT ON COLUMN terminal_enrolments.secret_hash IS 'SHA-256 of the till''s secret at its hub';
COMMENT ON COLUMN terminal_enrolments.used_code_hash IS 'SHA-256 of the code it enrolled with';
