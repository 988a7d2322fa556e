CREATE TABLE lost_versions (
    first_version BIGINT NOT NULL,
    last_version BIGINT NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (first_version)
);
COMMENT ON TABLE lost_versions IS 'Versions of news that head office lost with a restore; whoever has one starts over.';
