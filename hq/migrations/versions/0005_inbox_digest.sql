ALTER TABLE inbox ADD COLUMN digest VARCHAR(64);
COMMENT ON COLUMN inbox.digest IS 'SHA-256 of the canonical body; null: an older one';
