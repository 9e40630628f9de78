-- What a school has sent in files on its latest day with any, so that no school fills the disk: one row a school, and a new day begins
-- it anew. The same schema as migrations/postgres, held equal by tests/stories/parity.rs.
CREATE TABLE file_days (
    cluster_id INTEGER NOT NULL,
    school_id INTEGER NOT NULL,
    day TEXT NOT NULL,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, school_id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT file_days_some CHECK (files > 0 AND bytes > 0)
) STRICT, WITHOUT ROWID;

-- Rows that are written to see whether rows can be written, and taken back at once: it is always empty.
CREATE TABLE probes (
    id INTEGER NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
