-- Head office's first schema. Amounts are minor units; names are those of spec 4.2 and 5.1 where it has one.

CREATE TABLE audit_log (
    id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor VARCHAR(100) NOT NULL,
    deed VARCHAR(50) NOT NULL,
    subject VARCHAR(200) NOT NULL,
    outcome VARCHAR(50) NOT NULL,
    detail JSONB NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX idx_audit_log_actor ON audit_log (actor, at);
CREATE INDEX idx_audit_log_at ON audit_log (at);
COMMENT ON TABLE audit_log IS 'Append-only; a trigger refuses changes.';
COMMENT ON COLUMN audit_log.actor IS 'employee id, store:<id>, or ''system''';
COMMENT ON COLUMN audit_log.outcome IS 'done, or the code of the refusal';

CREATE TABLE catalog_barcodes (
    scan_key VARCHAR(50) NOT NULL,
    barcode VARCHAR(50) NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    place INTEGER NOT NULL,
    pack_size INTEGER NOT NULL,
    PRIMARY KEY (scan_key)
);
CREATE INDEX idx_catalog_barcodes_sku ON catalog_barcodes (sku_id);
COMMENT ON TABLE catalog_barcodes IS 'A barcode belongs to one product.';
COMMENT ON COLUMN catalog_barcodes.scan_key IS 'GTIN-14 where it is a GTIN: UPC-A and EAN meet';
COMMENT ON COLUMN catalog_barcodes.place IS 'order in which they were given; 0 is the first';
COMMENT ON COLUMN catalog_barcodes.pack_size IS 'pieces that one scan means';

CREATE TABLE catalog_master (
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
    version BIGINT NOT NULL,
    created_version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (sku_id)
);
CREATE INDEX idx_catalog_version ON catalog_master (version);
COMMENT ON TABLE catalog_master IS 'Products of the chain.';
COMMENT ON COLUMN catalog_master.version IS 'news version of the newest change';
COMMENT ON COLUMN catalog_master.created_version IS 'version that brought it into the range';

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

CREATE TABLE chain_settings (
    name VARCHAR(100) NOT NULL,
    value JSONB NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (name)
);
COMMENT ON TABLE chain_settings IS 'Settings of the whole chain, published to every store.';

CREATE TABLE enrolment_codes (
    code_hash VARCHAR(64) NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    terminal_id VARCHAR(50),
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    PRIMARY KEY (code_hash)
);
CREATE INDEX idx_enrolment_codes_store ON enrolment_codes (store_id);
COMMENT ON TABLE enrolment_codes IS 'Codes that let a machine in once.';
COMMENT ON COLUMN enrolment_codes.code_hash IS 'SHA-256 of the code';
COMMENT ON COLUMN enrolment_codes.terminal_id IS 'null: for the store''s hub, which enrols here';

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

CREATE TABLE inbox (
    event_id UUID NOT NULL,
    event_type VARCHAR(100) NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    processed BOOLEAN NOT NULL,
    PRIMARY KEY (event_id)
);
COMMENT ON TABLE inbox IS 'Envelopes received outside a numbered pipe, so that a repeat is known.';

CREATE TABLE ledger (
    pipe VARCHAR(150) NOT NULL,
    position BIGINT NOT NULL,
    event_id UUID NOT NULL,
    event_type VARCHAR(100) NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    origin VARCHAR(150),
    sequence BIGINT,
    received_at TIMESTAMPTZ NOT NULL,
    envelope TEXT NOT NULL,
    PRIMARY KEY (pipe, position)
);
CREATE UNIQUE INDEX idx_ledger_origin_sequence ON ledger (origin, sequence);
COMMENT ON TABLE ledger IS 'Append-only; (pipe, position) gives the order of each store''s facts.';
COMMENT ON COLUMN ledger.origin IS 'null: a partner''s plain event, which has no chain';
COMMENT ON COLUMN ledger.envelope IS 'the sealed text as its origin wrote it';

CREATE TABLE line_items (
    transaction_id UUID NOT NULL,
    line_number INTEGER NOT NULL,
    business_date DATE NOT NULL,
    line_item_id UUID NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    barcode VARCHAR(50) NOT NULL,
    product_name VARCHAR(255) NOT NULL,
    category VARCHAR(100) NOT NULL,
    quantity BIGINT NOT NULL,
    unit VARCHAR(10) NOT NULL,
    item_quantity BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    list_price BIGINT NOT NULL,
    line_subtotal BIGINT NOT NULL,
    line_discount BIGINT NOT NULL,
    tax_rate NUMERIC(5, 4),
    tax_amount BIGINT NOT NULL,
    line_amount BIGINT NOT NULL,
    override_reason TEXT,
    PRIMARY KEY (transaction_id, line_number, business_date)
)
 PARTITION BY RANGE (business_date);
COMMENT ON TABLE line_items IS 'Lines in the order of the receipt.';
COMMENT ON COLUMN line_items.quantity IS 'pieces or grams';
COMMENT ON COLUMN line_items.item_quantity IS 'pieces; a weighed line counts as one';
COMMENT ON COLUMN line_items.line_amount IS 'the line''s part of total_amount';

CREATE TABLE origin_sums (
    origin VARCHAR(150) NOT NULL,
    sales_count BIGINT NOT NULL,
    sales_total BIGINT NOT NULL,
    PRIMARY KEY (origin)
);
COMMENT ON TABLE origin_sums IS 'Sales of each origin so far, kept up by the projection, so that completeness costs no scan.';

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

CREATE TABLE payment_captures (
    payment_id UUID NOT NULL,
    business_date DATE NOT NULL,
    transaction_id UUID NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    payment_method VARCHAR(50) NOT NULL,
    amount BIGINT NOT NULL,
    provider VARCHAR(50) NOT NULL,
    provider_txn_id VARCHAR(255) NOT NULL,
    captured_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (payment_id, business_date)
)
 PARTITION BY RANGE (business_date);
COMMENT ON TABLE payment_captures IS 'What providers said they captured, sale or no sale; never summed into a report of sales.';

CREATE TABLE payments (
    id UUID NOT NULL,
    business_date DATE NOT NULL,
    transaction_id UUID NOT NULL,
    payment_number INTEGER NOT NULL,
    payment_method VARCHAR(50) NOT NULL,
    amount BIGINT NOT NULL,
    tendered BIGINT,
    change BIGINT NOT NULL,
    provider VARCHAR(50),
    provider_txn_id VARCHAR(255),
    PRIMARY KEY (id, business_date)
)
 PARTITION BY RANGE (business_date);
CREATE INDEX idx_payments_transaction ON payments (transaction_id);
COMMENT ON TABLE payments IS 'Tenders of the recorded sales; amount is the part of the total that the tender covers.';
COMMENT ON COLUMN payments.payment_number IS 'place among the tenders of its sale';

CREATE TABLE people (
    employee_id VARCHAR(50) NOT NULL,
    name VARCHAR(200) NOT NULL,
    role VARCHAR(20) NOT NULL,
    pin_hash VARCHAR(200) NOT NULL,
    store_ids JSONB,
    language VARCHAR(10) NOT NULL,
    is_active BOOLEAN NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (employee_id)
);
COMMENT ON TABLE people IS 'Who works where in which role.';
COMMENT ON COLUMN people.pin_hash IS 'argon2id';
COMMENT ON COLUMN people.store_ids IS 'null: every store; []: head office only';

CREATE TABLE prices (
    price_id VARCHAR(150) NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    store_id VARCHAR(50),
    amount BIGINT NOT NULL,
    effective_from TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (price_id)
);
CREATE INDEX idx_prices_sku ON prices (sku_id, store_id, effective_from);
COMMENT ON TABLE prices IS 'Minor units per piece or kilogram, each from a moment on until the next one.';
COMMENT ON COLUMN prices.store_id IS 'null: the chain''s base price';
COMMENT ON COLUMN prices.version IS 'news version that brought it';

CREATE TABLE projection_cursors (
    projection VARCHAR(50) NOT NULL,
    pipe VARCHAR(150) NOT NULL,
    position BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (projection, pipe)
);
COMMENT ON TABLE projection_cursors IS 'How far each projection has read each pipe; moved in the transaction that applied the facts.';

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

CREATE TABLE sign_in_failures (
    subject VARCHAR(100) NOT NULL,
    failures INTEGER NOT NULL,
    retry_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (subject)
);
COMMENT ON TABLE sign_in_failures IS 'Wrong PINs or secrets in a row; the row goes with the first right one.';
COMMENT ON COLUMN sign_in_failures.subject IS 'person:<employee_id> or store:<store_id>';

CREATE TABLE stock_movements (
    business_date DATE NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    sku_id VARCHAR(50) NOT NULL,
    quantity_delta BIGINT NOT NULL,
    adjustment_type VARCHAR(20) NOT NULL,
    reference_id VARCHAR(100),
    reason TEXT,
    moved_at TIMESTAMPTZ NOT NULL
)
 PARTITION BY RANGE (business_date);
COMMENT ON TABLE stock_movements IS 'Only inserted, by the projection; month partitions as the money tables have them.';
COMMENT ON COLUMN stock_movements.quantity_delta IS 'pieces or grams, negative when they leave';
COMMENT ON COLUMN stock_movements.reference_id IS 'the sale or document behind it';

CREATE TABLE stores (
    store_id VARCHAR(50) NOT NULL,
    name VARCHAR(200) NOT NULL,
    address VARCHAR(400) NOT NULL,
    tax_code VARCHAR(50) NOT NULL,
    phone VARCHAR(50) NOT NULL,
    secret_hash VARCHAR(64),
    enrolled_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id)
);
COMMENT ON TABLE stores IS 'Stores as their receipts show them.';
COMMENT ON COLUMN stores.secret_hash IS 'SHA-256 of the hub''s secret; null until it enrols';

CREATE TABLE sync_cursors (
    cursor_name VARCHAR(150) NOT NULL,
    cursor_value BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (cursor_name)
);
COMMENT ON TABLE sync_cursors IS '''pipe:<name>'': last position received; ''news'': last version applied; ''acknowledged'': last position of our own pipe that the receiver has.';

CREATE TABLE tax_rates (
    tax_class VARCHAR(50) NOT NULL,
    effective_from TIMESTAMPTZ NOT NULL,
    rate NUMERIC(5, 4) NOT NULL,
    PRIMARY KEY (tax_class, effective_from)
);
COMMENT ON TABLE tax_rates IS 'Dated rates of tax classes; a class without one has the rate its products name.';

CREATE TABLE transactions (
    id UUID NOT NULL,
    business_date DATE NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    terminal_id VARCHAR(50) NOT NULL,
    cashier_id VARCHAR(50) NOT NULL,
    receipt_number VARCHAR(120) NOT NULL,
    status VARCHAR(20) NOT NULL,
    sold_at TIMESTAMPTZ NOT NULL,
    currency VARCHAR(3) NOT NULL,
    prices_include_tax BOOLEAN NOT NULL,
    subtotal BIGINT NOT NULL,
    discount_amount BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL,
    total_amount BIGINT NOT NULL,
    item_quantity BIGINT NOT NULL,
    external_reference VARCHAR(200),
    pipe VARCHAR(150) NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (id, business_date)
)
 PARTITION BY RANGE (business_date);
CREATE INDEX idx_transactions_store_date ON transactions (store_id, business_date);
COMMENT ON TABLE transactions IS 'One row a paid sale.';
COMMENT ON COLUMN transactions.status IS 'PAID, or VOID once a void is known';
COMMENT ON COLUMN transactions.item_quantity IS 'pieces; a weighed line counts as one';
COMMENT ON COLUMN transactions.pipe IS 'with position: its fact in the ledger';

CREATE TABLE voids (
    transaction_id UUID NOT NULL,
    business_date DATE NOT NULL,
    sale_date DATE NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    voided_at TIMESTAMPTZ NOT NULL,
    voided_by VARCHAR(50) NOT NULL,
    approved_by VARCHAR(50) NOT NULL,
    reason TEXT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (transaction_id, business_date)
)
 PARTITION BY RANGE (business_date);
COMMENT ON TABLE voids IS 'Sales that were cancelled after they were paid; the sale''s own row keeps its amounts.';
COMMENT ON COLUMN voids.business_date IS 'the day of the void, not of the sale';
COMMENT ON COLUMN voids.sale_date IS 'the sale''s own business_date';

-- The ledger and the audit log are only ever added to.
CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'integrity_constraint_violation',
        MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$;
CREATE TRIGGER ledger_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();
CREATE TRIGGER audit_log_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();
