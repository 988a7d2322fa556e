-- The hub's first schema. Amounts are minor units; names are those of spec 4.2 where it has one.

CREATE TABLE audit_log (
    id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor VARCHAR(100) NOT NULL,
    role VARCHAR(20),
    terminal_id VARCHAR(50),
    deed VARCHAR(100) NOT NULL,
    outcome VARCHAR(20) NOT NULL,
    subject VARCHAR(200),
    detail JSONB,
    PRIMARY KEY (id)
);
CREATE INDEX idx_audit_log_actor ON audit_log (actor, at);
COMMENT ON TABLE audit_log IS 'Who asked for what and whether it was allowed (FR-6.2, NFR-5.3); rows cannot be changed.';

CREATE TABLE chain_breaks (
    origin VARCHAR(150) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    first_sequence BIGINT NOT NULL,
    last_sequence BIGINT NOT NULL,
    awaited_hash VARCHAR(64),
    found_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (origin, kind, first_sequence)
);
COMMENT ON TABLE chain_breaks IS 'Where an origin''s chain does not hold: ''gap'' (open until filled), ''fork'', ''altered''.';
COMMENT ON COLUMN chain_breaks.awaited_hash IS 'gap: the hash its last envelope must have';

CREATE TABLE feed (
    kind VARCHAR(40) NOT NULL,
    key VARCHAR(150) NOT NULL,
    version BIGINT NOT NULL,
    created_version BIGINT NOT NULL,
    body TEXT NOT NULL,
    deleted BOOLEAN NOT NULL,
    store_ids TEXT,
    former_store_ids TEXT,
    published_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX idx_feed_version ON feed (version);
COMMENT ON TABLE feed IS 'News: the newest state of every piece of master data and the version that brought it.';
COMMENT ON COLUMN feed.store_ids IS ''',A,B,'' who gets it now; null: every store';
COMMENT ON COLUMN feed.former_store_ids IS ''',A,'' who had it once and gets a tombstone';

CREATE TABLE heads (
    name VARCHAR(100) NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name)
);
COMMENT ON TABLE heads IS 'Last number given out: ''outbox'' (position), ''feed'' (version).';

CREATE TABLE idempotency_keys (
    caller VARCHAR(150) NOT NULL,
    key VARCHAR(200) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idx_idempotency_keys_created ON idempotency_keys (created_at);
COMMENT ON TABLE idempotency_keys IS 'Answers to writes that named an Idempotency-Key; a repeat gets the same one.';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of method, path and body';

CREATE TABLE inbox (
    event_id UUID NOT NULL,
    event_type VARCHAR(100) NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    processed BOOLEAN NOT NULL,
    PRIMARY KEY (event_id)
);
COMMENT ON TABLE inbox IS 'Envelopes received outside a numbered pipe, so that a repeat is known.';

CREATE TABLE local_catalog (
    sku_id VARCHAR(50) NOT NULL,
    product_name VARCHAR(255) NOT NULL,
    category VARCHAR(100) NOT NULL,
    tax_class VARCHAR(50) NOT NULL,
    tax_rate NUMERIC(5, 4) NOT NULL,
    brand VARCHAR(100) NOT NULL,
    unit VARCHAR(10) NOT NULL,
    pack_of VARCHAR(50),
    pack_size INTEGER NOT NULL,
    age_restricted BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    catalog_version BIGINT NOT NULL,
    synced_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (sku_id)
);
CREATE INDEX idx_catalog_version ON local_catalog (catalog_version);
COMMENT ON TABLE local_catalog IS 'Products; their barcodes and prices have tables of their own.';

CREATE TABLE local_inventory (
    sku_id VARCHAR(50) NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    current_stock BIGINT NOT NULL,
    last_updated TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (sku_id)
);
CREATE INDEX idx_inventory_store ON local_inventory (store_id);
COMMENT ON TABLE local_inventory IS 'Sum of the movements up to the cursor ''stock''; pieces or grams.';

CREATE TABLE origins (
    origin VARCHAR(150) NOT NULL,
    sequence BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    heard_at TIMESTAMPTZ,
    PRIMARY KEY (origin)
);
COMMENT ON TABLE origins IS 'Head of each origin''s chain, our own included.';

CREATE TABLE outbox (
    id BIGINT NOT NULL,
    event_id UUID NOT NULL,
    event_type VARCHAR(100) NOT NULL,
    aggregate_type VARCHAR(50) NOT NULL,
    aggregate_id VARCHAR(100) NOT NULL,
    origin VARCHAR(150) NOT NULL,
    sequence BIGINT NOT NULL,
    payload TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (event_id)
);
CREATE UNIQUE INDEX idx_outbox_origin_sequence ON outbox (origin, sequence);
COMMENT ON TABLE outbox IS 'Envelopes on their way up; id is the position in the pipe, payload the sealed text.';

CREATE TABLE payment_requests (
    id UUID NOT NULL,
    transaction_id UUID NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    payment_method VARCHAR(50) NOT NULL,
    amount BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    tendered BIGINT,
    change BIGINT DEFAULT 0 NOT NULL,
    status VARCHAR(20) NOT NULL,
    provider VARCHAR(50),
    provider_txn_id VARCHAR(255),
    qr_code_data TEXT,
    expires_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    captured_at TIMESTAMPTZ,
    failed_reason TEXT,
    PRIMARY KEY (id),
    CONSTRAINT payment_requests_status CHECK (status IN ('PENDING', 'CAPTURED', 'FAILED', 'CANCELLED'))
);
CREATE INDEX idx_payment_requests_open ON payment_requests (created_at) WHERE status = 'PENDING';
CREATE INDEX idx_payment_requests_txn ON payment_requests (transaction_id);
COMMENT ON TABLE payment_requests IS 'Money asked for: for an open sale of this hub, or for one that only a till knows yet.';
COMMENT ON COLUMN payment_requests.qr_code_data IS 'the text inside the QR code';

CREATE TABLE people (
    employee_id VARCHAR(50) NOT NULL,
    name VARCHAR(200) NOT NULL,
    role VARCHAR(20) NOT NULL,
    pin_hash VARCHAR(200) NOT NULL,
    store_ids JSONB,
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (employee_id)
);
COMMENT ON TABLE people IS 'Who may sign in, as head office published it.';
COMMENT ON COLUMN people.store_ids IS 'null: works in every store';

CREATE TABLE price_discrepancies (
    line_item_id UUID NOT NULL,
    transaction_id UUID NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    till_price BIGINT NOT NULL,
    till_version BIGINT NOT NULL,
    hub_price BIGINT,
    hub_version BIGINT,
    noted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (line_item_id)
);
COMMENT ON TABLE price_discrepancies IS 'Sold at another list price than the hub''s book had for that moment (FR-5.3): kept, to review.';
COMMENT ON COLUMN price_discrepancies.hub_price IS 'null: the hub knows no price of this product';

CREATE TABLE prices (
    price_id VARCHAR(150) NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    amount BIGINT NOT NULL,
    effective_from TIMESTAMPTZ NOT NULL,
    store_id VARCHAR(50),
    version BIGINT NOT NULL,
    PRIMARY KEY (price_id)
);
CREATE INDEX idx_prices_sku ON prices (sku_id, effective_from);
COMMENT ON TABLE prices IS 'Minor units per piece or kilogram, each from a moment on; store_id null: the chain''s price.';

CREATE TABLE print_jobs (
    id UUID NOT NULL,
    transaction_id UUID NOT NULL,
    printer VARCHAR(200) NOT NULL,
    status VARCHAR(20) DEFAULT 'WAITING' NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    last_error TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    printed_at TIMESTAMPTZ,
    copy BOOLEAN DEFAULT false NOT NULL,
    maybe_printed BOOLEAN DEFAULT false NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT print_jobs_status CHECK (status IN ('WAITING', 'PRINTED'))
);
CREATE INDEX idx_print_jobs_waiting ON print_jobs (created_at, id) WHERE status = 'WAITING';
COMMENT ON TABLE print_jobs IS 'Receipts waiting for paper, and those that got it.';
COMMENT ON COLUMN print_jobs.printer IS 'the printer it was meant for, then the one it came from';
COMMENT ON COLUMN print_jobs.copy IS 'a reprint somebody asked for';
COMMENT ON COLUMN print_jobs.maybe_printed IS 'an attempt has sent bytes: paper may exist, so the next one must say so';

CREATE TABLE product_barcodes (
    barcode VARCHAR(50) NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    pack_size INTEGER NOT NULL,
    gtin14 VARCHAR(14),
    PRIMARY KEY (barcode)
);
CREATE INDEX idx_product_barcodes_gtin14 ON product_barcodes (gtin14);
CREATE INDEX idx_product_barcodes_sku ON product_barcodes (sku_id);
COMMENT ON TABLE product_barcodes IS 'Any number of barcodes a product; pack_size: pieces that one scan means.';

CREATE TABLE sessions (
    id UUID NOT NULL,
    employee_id VARCHAR(50) NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX idx_sessions_open ON sessions (employee_id, terminal_id) WHERE closed_at IS NULL;
COMMENT ON TABLE sessions IS 'Logins; one open session per cashier and terminal (FR-6.1).';

CREATE TABLE set_aside (
    pipe VARCHAR(150) NOT NULL,
    position BIGINT NOT NULL,
    event_id VARCHAR(100),
    origin VARCHAR(150),
    sequence BIGINT,
    code VARCHAR(100) NOT NULL,
    detail TEXT NOT NULL,
    payload TEXT NOT NULL,
    set_aside_at TIMESTAMPTZ NOT NULL,
    decision VARCHAR(20),
    decided_by VARCHAR(50),
    decided_at TIMESTAMPTZ,
    PRIMARY KEY (pipe, position)
);
COMMENT ON TABLE set_aside IS 'Facts that were kept but not applied, waiting for a person''s decision.';

CREATE TABLE settings (
    name VARCHAR(150) NOT NULL,
    value JSONB,
    PRIMARY KEY (name)
);
COMMENT ON TABLE settings IS 'The chain''s settings as head office set them.';

CREATE TABLE stock_movements (
    position BIGINT NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    quantity_delta BIGINT NOT NULL,
    adjustment_type VARCHAR(20) NOT NULL,
    reason TEXT,
    reference_id VARCHAR(100),
    moved_by VARCHAR(50),
    moved_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (position, sku_id)
);
COMMENT ON TABLE stock_movements IS 'Only ever inserted. position: the outbox position of the fact that moved the stock, so that whoever reads on from a position misses nothing.';

CREATE TABLE stores (
    store_id VARCHAR(50) NOT NULL,
    body JSONB NOT NULL,
    PRIMARY KEY (store_id)
);
COMMENT ON TABLE stores IS 'Store cards as receipts show them.';

CREATE TABLE sync_cursors (
    cursor_name VARCHAR(150) NOT NULL,
    cursor_value BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (cursor_name)
);
COMMENT ON TABLE sync_cursors IS '''pipe:<name>'': last position received; ''news'': last version applied; ''acknowledged'': last position of our own pipe that the receiver has.';

CREATE TABLE tax_rates (
    key VARCHAR(150) NOT NULL,
    tax_class VARCHAR(50) NOT NULL,
    rate NUMERIC(5, 4) NOT NULL,
    effective_from TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (key)
);
COMMENT ON TABLE tax_rates IS 'Dated rates of tax classes; few.';

CREATE TABLE terminals (
    terminal_id VARCHAR(50) NOT NULL,
    enrolment_code_hash VARCHAR(200),
    enrolment_code_expires_at TIMESTAMPTZ,
    used_code_hash VARCHAR(200),
    secret_hash VARCHAR(64),
    enrolled_at TIMESTAMPTZ,
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (terminal_id)
);
COMMENT ON TABLE terminals IS 'Terminals of this store; the first three columns are head office''s, the others ours.';
COMMENT ON COLUMN terminals.used_code_hash IS 'the code it was enrolled with, so that it serves once';
COMMENT ON COLUMN terminals.secret_hash IS 'SHA-256 of the terminal''s secret';

CREATE TABLE transactions (
    id UUID NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    cashier_id VARCHAR(50),
    status VARCHAR(20) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    prices_include_tax BOOLEAN NOT NULL,
    subtotal BIGINT DEFAULT 0 NOT NULL,
    discount_amount BIGINT DEFAULT 0 NOT NULL,
    tax_amount BIGINT DEFAULT 0 NOT NULL,
    total_amount BIGINT DEFAULT 0 NOT NULL,
    payment_method VARCHAR(50),
    payment_provider_ref VARCHAR(255),
    receipt_number VARCHAR(120),
    business_date DATE,
    external_reference VARCHAR(200),
    origin VARCHAR(150),
    local_sequence BIGINT,
    proof VARCHAR(4),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    completed_at TIMESTAMPTZ,
    PRIMARY KEY (id),
    CONSTRAINT transactions_status CHECK (status IN ('DRAFT', 'PENDING_PAYMENT', 'PAID', 'VOID', 'REFUND_REQUESTED', 'REFUNDED'))
);
CREATE INDEX idx_txn_status ON transactions (status) WHERE status IN ('DRAFT', 'PENDING_PAYMENT');
CREATE INDEX idx_txn_store_created ON transactions (store_id, created_at);
COMMENT ON TABLE transactions IS 'One row a sale; once PAID only its state may change (trigger transactions_paid_is_immutable).';
COMMENT ON COLUMN transactions.origin IS 'who sealed the fact of this sale; null while it is open';
COMMENT ON COLUMN transactions.local_sequence IS 'the fact''s number in its origin''s chain';
COMMENT ON COLUMN transactions.proof IS 'head of the fact''s hash, printed on the receipt';

CREATE TABLE line_items (
    id UUID NOT NULL,
    transaction_id UUID NOT NULL,
    line_number INTEGER NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    barcode VARCHAR(50) NOT NULL,
    product_name VARCHAR(255) NOT NULL,
    category VARCHAR(100) NOT NULL,
    quantity BIGINT NOT NULL,
    unit VARCHAR(10) NOT NULL,
    unit_price BIGINT NOT NULL,
    list_price BIGINT NOT NULL,
    price_version BIGINT NOT NULL,
    line_subtotal BIGINT NOT NULL,
    line_discount BIGINT NOT NULL,
    line_total BIGINT NOT NULL,
    tax_rate NUMERIC(5, 4) NOT NULL,
    tax_amount BIGINT NOT NULL,
    override_reason TEXT,
    pack_of VARCHAR(50),
    pack_size INTEGER NOT NULL,
    age_restricted BOOLEAN NOT NULL,
    applied_promotions JSONB,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT line_items_quantity CHECK (quantity > 0),
    FOREIGN KEY(transaction_id) REFERENCES transactions (id) ON DELETE CASCADE
);
CREATE INDEX idx_line_items_txn ON line_items (transaction_id);
COMMENT ON TABLE line_items IS 'Lines in the order of the receipt; quantity in pieces or grams, amounts in minor units.';

CREATE TABLE payments (
    id UUID NOT NULL,
    transaction_id UUID NOT NULL,
    payment_method VARCHAR(50) NOT NULL,
    amount BIGINT NOT NULL,
    tendered BIGINT,
    change BIGINT NOT NULL,
    status VARCHAR(20) NOT NULL,
    provider VARCHAR(50),
    provider_txn_id VARCHAR(255),
    created_at TIMESTAMPTZ NOT NULL,
    captured_at TIMESTAMPTZ,
    PRIMARY KEY (id),
    CONSTRAINT payments_status CHECK (status IN ('CAPTURED', 'REFUNDED')),
    FOREIGN KEY(transaction_id) REFERENCES transactions (id)
);
CREATE INDEX idx_payments_txn ON payments (transaction_id);
COMMENT ON TABLE payments IS 'What a recorded sale was paid with, in minor units; for cash tendered - change = amount.';

-- What has happened is not changed, whoever asks (invariant 8, NFR-5.3).

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
        MESSAGE = 'rows of ' || TG_TABLE_NAME || ' are never changed or deleted';
END $$;

CREATE FUNCTION refuse_change_of_recorded_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM transactions WHERE id = OLD.transaction_id AND completed_at IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'sale ' || OLD.transaction_id || ' is recorded';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER audit_log_is_immutable BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_movements_are_immutable BEFORE UPDATE OR DELETE ON stock_movements
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_are_immutable BEFORE UPDATE OR DELETE ON payments
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_recorded_sale();
CREATE TRIGGER line_items_of_recorded_sales_are_immutable BEFORE UPDATE OR DELETE ON line_items
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_recorded_sale();
-- The state may move on (status, updated_at): what the later facts say about the sale.
CREATE TRIGGER transactions_paid_is_immutable BEFORE UPDATE OF
        id, store_id, terminal_id, cashier_id, currency, prices_include_tax, subtotal, discount_amount,
        tax_amount, total_amount, payment_method, payment_provider_ref, receipt_number, business_date,
        external_reference, origin, local_sequence, proof, created_at, completed_at
    ON transactions FOR EACH ROW WHEN (OLD.completed_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transactions_recorded_stay BEFORE DELETE ON transactions
    FOR EACH ROW WHEN (OLD.completed_at IS NOT NULL) EXECUTE FUNCTION refuse_change();

-- The head row of the pipe to head office exists from the first day: `record` updates it.
INSERT INTO heads (name, value) VALUES ('outbox', 0);
