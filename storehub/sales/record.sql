-- Sealed sales, recorded: one statement, one commit (DESIGN 5).
--
-- Each row of :sales is one envelope with its sale; :lines, :tenders, :movements, :vouchers and :jobs name it
-- by `place`.
-- {heard} gives the origins whose envelopes are taken now; nothing of an origin that is not among them is
-- written. {passed_on} gives the outbox position of the last of them as `head.value`.
WITH chain AS (
    SELECT * FROM json_to_recordset(:chains::json) AS c(
        origin text, pipe text, from_position bigint, to_position bigint,
        previous bigint, previous_hash text, last bigint, last_hash text)
),
{heard},
sale AS MATERIALIZED (
    SELECT s.*, row_number() OVER (ORDER BY s.place) - count(*) OVER () AS back
    FROM json_to_recordset(:sales::json) AS s(
        place int, event_id uuid, event_type text, origin text, sequence bigint, envelope text,
        proof text, id uuid, store_id text, terminal_id text, cashier_id text, currency text,
        prices_include_tax boolean, subtotal bigint, discount_amount bigint, tax_amount bigint,
        total_amount bigint, rounding_amount bigint, payment_method text, payment_provider_ref text, receipt_number text,
        business_date date, external_reference text, created_at timestamptz, completed_at timestamptz,
        member_id text, points_earned bigint, vouchers jsonb)
    JOIN heard USING (origin)
),
{passed_on},
recorded AS (
    INSERT INTO transactions (id, store_id, terminal_id, cashier_id, status, currency,
        prices_include_tax, subtotal, discount_amount, tax_amount, total_amount, rounding_amount,
        payment_method, payment_provider_ref, receipt_number, business_date, external_reference, origin,
        local_sequence, proof, created_at, updated_at, completed_at, member_id, points_earned, vouchers)
    SELECT id, store_id, terminal_id, cashier_id, 'PAID', currency,
        prices_include_tax, subtotal, discount_amount, tax_amount, total_amount, rounding_amount,
        payment_method, payment_provider_ref, receipt_number, business_date, external_reference, origin,
        sequence, proof, created_at, :at::timestamptz, completed_at, member_id,
        coalesce(points_earned, 0), vouchers
    FROM sale
),
line AS MATERIALIZED (
    SELECT l.*, sale.id AS transaction_id, sale.completed_at
    FROM json_to_recordset(:lines::json) AS l(
        place int, id uuid, line_number int, sku_id text, barcode text, product_name text,
        category text, quantity bigint, unit text, unit_price bigint, list_price bigint,
        price_version bigint, line_subtotal bigint, line_discount bigint, line_total bigint,
        tax_rate numeric, tax_amount bigint, override_reason text, pack_of text, pack_size int,
        age_restricted boolean, applied_promotions jsonb, differs boolean, hub_price bigint, hub_version bigint)
    JOIN sale USING (place)
),
listed AS (
    INSERT INTO line_items (id, transaction_id, line_number, sku_id, barcode, product_name, category,
        quantity, unit, unit_price, list_price, price_version, line_subtotal, line_discount,
        line_total, tax_rate, tax_amount, override_reason, pack_of, pack_size, age_restricted,
        applied_promotions, created_at)
    SELECT id, transaction_id, line_number, sku_id, barcode, product_name, category,
        quantity, unit, unit_price, list_price, price_version, line_subtotal, line_discount,
        line_total, tax_rate, tax_amount, override_reason, pack_of, pack_size, age_restricted,
        applied_promotions, completed_at
    FROM line
),
noted AS (
    INSERT INTO price_discrepancies (line_item_id, transaction_id, sku_id, till_price, till_version,
        hub_price, hub_version, noted_at)
    SELECT id, transaction_id, sku_id, list_price, price_version, hub_price, hub_version,
        :at::timestamptz
    FROM line WHERE differs
),
paid AS (
    INSERT INTO payments (id, transaction_id, payment_method, amount, tendered, change, status,
        provider, provider_txn_id, created_at, captured_at)
    SELECT t.id, sale.id, t.payment_method, t.amount, t.tendered, t.change, 'CAPTURED',
        t.provider, t.provider_txn_id, sale.completed_at, sale.completed_at
    FROM json_to_recordset(:tenders::json) AS t(
        place int, id uuid, payment_method text, amount bigint, tendered bigint, change bigint,
        provider text, provider_txn_id text)
    JOIN sale USING (place)
),
moved AS (
    INSERT INTO stock_movements (position, sku_id, quantity_delta, adjustment_type, reference_id,
        moved_by, moved_at)
    SELECT head.value + sale.back, m.sku_id, m.quantity_delta, 'SALE', sale.id, sale.cashier_id,
        sale.completed_at
    FROM json_to_recordset(:movements::json) AS m(place int, sku_id text, quantity_delta bigint)
    JOIN sale USING (place), head
),
used AS (
    INSERT INTO voucher_uses (code, transaction_id, terminal_id, claimed_at, used_at)
    SELECT v.code, sale.id, sale.terminal_id, sale.completed_at, sale.completed_at
    FROM json_to_recordset(:vouchers::json) AS v(place int, code text)
    JOIN sale USING (place)
    WHERE sale.id IS NOT NULL
    ON CONFLICT (code, transaction_id) DO UPDATE SET used_at = excluded.used_at
),
queued AS (
    INSERT INTO print_jobs (id, transaction_id, printer, document, created_at)
    SELECT j.id, sale.id, j.printer, j.document, :at::timestamptz
    FROM json_to_recordset(:jobs::json) AS j(place int, id uuid, printer text, document text)
    JOIN sale USING (place)
)
-- The notice goes out with the commit and wakes the uplink (`storehub.uplink`).
SELECT origin, pg_notify('outbox', '') FROM heard
