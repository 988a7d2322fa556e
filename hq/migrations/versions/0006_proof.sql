CREATE TABLE alerts (
    id UUID NOT NULL,
    kind VARCHAR(50) NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    subject VARCHAR(200) NOT NULL,
    detail TEXT NOT NULL,
    raised_at TIMESTAMPTZ NOT NULL,
    cleared_at TIMESTAMPTZ,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX idx_alerts_open ON alerts (kind, store_id, subject) WHERE cleared_at IS NULL;
CREATE INDEX idx_alerts_raised ON alerts (raised_at);
COMMENT ON TABLE alerts IS 'Raised and cleared by head office itself; a row stays when it is cleared.';
COMMENT ON COLUMN alerts.subject IS 'an origin, a pipe and position, a machine';
COMMENT ON COLUMN alerts.detail IS 'a sentence';
COMMENT ON COLUMN alerts.cleared_at IS 'null: its cause is still there';

CREATE TABLE store_set_aside (
    store_id VARCHAR(50) NOT NULL,
    pipe VARCHAR(150) NOT NULL,
    position BIGINT NOT NULL,
    event_id VARCHAR(100),
    origin VARCHAR(150),
    sequence BIGINT,
    code VARCHAR(100) NOT NULL,
    detail TEXT NOT NULL,
    envelope TEXT,
    set_aside_at TIMESTAMPTZ NOT NULL,
    decision VARCHAR(20),
    reason TEXT,
    decided_by VARCHAR(50),
    decided_at TIMESTAMPTZ,
    PRIMARY KEY (store_id, pipe, position)
);
COMMENT ON TABLE store_set_aside IS 'Facts that a store''s hub set aside, as it told, and what its manager decided.';
COMMENT ON COLUMN store_set_aside.pipe IS 'of the hub, with position: where it keeps it';
COMMENT ON COLUMN store_set_aside.envelope IS 'null: its own chain carries it';

CREATE TABLE conflicts (
    pipe VARCHAR(150) NOT NULL,
    position BIGINT NOT NULL,
    kind VARCHAR(50) NOT NULL,
    store_id VARCHAR(50) NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    subject VARCHAR(200) NOT NULL,
    detail JSONB NOT NULL,
    PRIMARY KEY (pipe, position)
);
CREATE INDEX idx_conflicts_store_found ON conflicts (store_id, found_at);
COMMENT ON TABLE conflicts IS 'Differences between two who should agree, kept for review (FR-5.3).';
COMMENT ON COLUMN conflicts.pipe IS 'with position: the fact that tells of it';
