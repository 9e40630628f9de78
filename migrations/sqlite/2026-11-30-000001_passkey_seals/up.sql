-- The secret with which questions to a device are sealed that stand in a form: whoever opens the sign-in page writes nothing. One
-- row, the same for every process. The same schema as migrations/postgres, held equal by tests/stories/parity.rs.
CREATE TABLE passkey_seals (
    secret TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO passkey_seals (secret) VALUES (lower(hex(randomblob(16))));

-- Questions that an earlier program stored for whoever looked at the page.
DELETE FROM passkey_flows WHERE person_id IS NULL;
