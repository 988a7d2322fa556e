-- Slips of refunds and voids, drawers that open without paper, and voids as they were sealed.
ALTER TABLE print_jobs ALTER COLUMN transaction_id DROP NOT NULL;
ALTER TABLE print_jobs ADD COLUMN document VARCHAR(20) DEFAULT 'RECEIPT' NOT NULL;
ALTER TABLE print_jobs ADD COLUMN document_id UUID;
COMMENT ON COLUMN print_jobs.transaction_id IS 'the sale it is about';
COMMENT ON COLUMN print_jobs.document IS 'RECEIPT, REFUND and VOID are papers, DRAWER opens the drawer';
COMMENT ON COLUMN print_jobs.document_id IS 'what the document is about where that is no sale: the refund';
CREATE INDEX idx_print_jobs_transaction ON print_jobs (transaction_id);

CREATE INDEX idx_refunds_receipt_number ON refunds ((body ->> 'receipt_number'));

CREATE TABLE voids (
    transaction_id UUID NOT NULL,
    body JSONB NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (transaction_id),
    UNIQUE (position)
);
COMMENT ON TABLE voids IS 'Sales that were cancelled after they were paid; append-only.';
COMMENT ON COLUMN voids.body IS 'the fact TransactionVoided as it was sealed';
COMMENT ON COLUMN voids.position IS 'the fact''s in the outbox';
-- A reason may have been written with a NUL, which JSONB does not hold: such a void stays in the outbox alone.
INSERT INTO voids (transaction_id, body, position)
SELECT DISTINCT ON (t.id) t.id, o.payload::jsonb -> 'payload', o.id
FROM (SELECT * FROM outbox WHERE event_type = 'TransactionVoided' AND strpos(payload, '\u0000') = 0 OFFSET 0) o
JOIN transactions t ON t.id::text = o.payload::jsonb -> 'payload' ->> 'transaction_id'
WHERE t.status = 'VOID'
ORDER BY t.id, o.id;
CREATE TRIGGER voids_stay BEFORE UPDATE OR DELETE ON voids FOR EACH ROW EXECUTE FUNCTION refuse_change();
