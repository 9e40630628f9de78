-- Passkeys: a second way to sign in. The same schema as migrations/postgres, held equal by tests/stories/parity.rs.

-- A key that a person's device holds; credential is its public half as the library keeps it (JSON), no secret.
CREATE TABLE passkeys (
    person_id INTEGER NOT NULL REFERENCES people (id),
    id INTEGER NOT NULL,
    credential_id TEXT NOT NULL,
    name TEXT NOT NULL,
    credential TEXT NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT,
    PRIMARY KEY (person_id, id),
    CONSTRAINT passkeys_credential_key UNIQUE (credential_id),
    CONSTRAINT passkeys_name CHECK (name <> '')
) STRICT, WITHOUT ROWID;

-- A question to a device that is under way: gone once it is answered, so that an answer counts once. person_id: for whom a key
-- is being made; NULL: somebody signs in. holder_hash: the cookie of the browser that asked.
CREATE TABLE passkey_flows (
    flow_hash TEXT NOT NULL PRIMARY KEY,
    person_id INTEGER REFERENCES people (id),
    holder_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    CONSTRAINT passkey_flows_order CHECK (expires_at > created_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_flows_expiry ON passkey_flows (expires_at);
CREATE INDEX passkey_flows_person ON passkey_flows (person_id);
