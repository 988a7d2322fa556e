ALTER TABLE terminals ADD COLUMN told_hash VARCHAR(64);
COMMENT ON COLUMN terminals.told_hash IS 'the secret_hash that head office was told';
