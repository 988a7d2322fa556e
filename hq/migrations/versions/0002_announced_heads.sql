CREATE TABLE announced (
    origin VARCHAR(150) NOT NULL,
    sequence BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    announced_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (origin)
);
COMMENT ON TABLE announced IS 'Head of its chain that an origin named beyond what it has sent; outlives its disk.';
