-- A person and a school may have a telephone number; empty: none is known. The same schema as migrations/sqlite, held equal by
-- tests/stories/parity.rs.
ALTER TABLE people ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE schools ADD COLUMN phone TEXT NOT NULL DEFAULT '';
-- Whether anybody else on this site answers for a cluster is asked without reading every role there is.
CREATE INDEX roles_kind ON roles (kind, person_id);
