-- What a school has sent in files on its latest day with any, so that no school fills the disk: one row a school, and a new day begins
-- it anew. The same schema as migrations/sqlite, held equal by tests/stories/parity.rs.
CREATE TABLE file_days (
    cluster_id BIGINT NOT NULL,
    school_id BIGINT NOT NULL,
    day DATE NOT NULL,
    files INTEGER NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, school_id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT file_days_some CHECK (files > 0 AND bytes > 0)
);

-- Rows that are written to see whether rows can be written, and taken back at once: it is always empty.
CREATE TABLE probes (
    id BIGINT NOT NULL PRIMARY KEY
);
