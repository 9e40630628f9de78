-- What was decided and is carried out a little later, so that it can be undone until then (docs/decisions/0020). The same schema as
-- migrations/sqlite, held equal by tests/stories/parity.rs.
CREATE TABLE pending_acts (
    cluster_id BIGINT NOT NULL REFERENCES clusters (id),
    id BIGINT NOT NULL,
    -- A word of the room that carries it out: cancel, move.
    kind TEXT NOT NULL,
    -- What it is about: the name of a table, and the id of the row there.
    about TEXT NOT NULL,
    about_id BIGINT NOT NULL,
    -- Whose science leads may undo it; NULL: only coordinators, and who did it.
    school_id BIGINT,
    person_id BIGINT NOT NULL REFERENCES people (id),
    -- What else the room needs to carry it out.
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- When it is carried out.
    until TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    -- done; undone; overtaken: what it was about has changed otherwise.
    outcome TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT pending_acts_order CHECK (until > created_at),
    CONSTRAINT pending_acts_outcome CHECK (outcome IN ('', 'done', 'undone', 'overtaken')),
    CONSTRAINT pending_acts_ended CHECK ((ended_at IS NULL) = (outcome = ''))
);
-- One thing has one act that waits.
CREATE UNIQUE INDEX pending_acts_open_key ON pending_acts (cluster_id, about, about_id) WHERE ended_at IS NULL;
CREATE INDEX pending_acts_due ON pending_acts (until) WHERE ended_at IS NULL;
CREATE INDEX pending_acts_past ON pending_acts (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX pending_acts_person ON pending_acts (person_id);

-- Minutes for which an act that frees days can be undone; 0: not at all.
ALTER TABLE settings ADD COLUMN undo_minutes INTEGER NOT NULL DEFAULT 2 CONSTRAINT settings_undo_minutes CHECK (undo_minutes BETWEEN 0 AND 60);
