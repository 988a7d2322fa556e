-- Cash handed over in the Checkout API is rounded as the chain's setting says.
ALTER TABLE payment_requests ADD COLUMN rounding_amount BIGINT DEFAULT 0 NOT NULL;
COMMENT ON COLUMN payment_requests.rounding_amount IS 'what rounding this cash adds to the sale''s total, either sign';
