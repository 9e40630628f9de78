-- Who belongs, through the years: schools that are renamed and take turns at the lead, invitations, what people choose, ways to sign
-- in. The same schema as migrations/postgres, held equal by tests/stories/parity.rs.

ALTER TABLE schools ADD COLUMN trust TEXT NOT NULL DEFAULT '';
ALTER TABLE memberships ADD COLUMN sabbatical_review_on TEXT;
-- Why a school could leave although it still held a copy.
ALTER TABLE memberships ADD COLUMN leave_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN erased_at TEXT;
-- Who answers for a booking now that its booker has handed it on. NULL: who booked it, or the school when that person has left.
ALTER TABLE bookings ADD COLUMN keeper_id INTEGER REFERENCES people (id);
-- Letters that can wait go out between these hours, in London time.
ALTER TABLE settings ADD COLUMN mail_from_hour INTEGER NOT NULL DEFAULT 7 CONSTRAINT settings_mail_from CHECK (mail_from_hour BETWEEN 0 AND 23);
ALTER TABLE settings ADD COLUMN mail_to_hour INTEGER NOT NULL DEFAULT 19 CONSTRAINT settings_mail_to CHECK (mail_to_hour BETWEEN 1 AND 24);
-- School days after which a copy has been on its way for too long.
ALTER TABLE settings ADD COLUMN transit_days INTEGER NOT NULL DEFAULT 3 CONSTRAINT settings_transit CHECK (transit_days BETWEEN 1 AND 60);
-- From this price on, in pence, a thing belongs into the asset register.
ALTER TABLE settings ADD COLUMN asset_threshold_pence INTEGER NOT NULL DEFAULT 10000 CONSTRAINT settings_asset_threshold CHECK (asset_threshold_pence BETWEEN 0 AND 100000000);
-- Months between two electrical tests.
ALTER TABLE settings ADD COLUMN electrical_test_months INTEGER NOT NULL DEFAULT 24 CONSTRAINT settings_electrical_test CHECK (electrical_test_months BETWEEN 1 AND 120);

-- What a school was called before, and the last day of that name.
CREATE TABLE former_names (
    cluster_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    school_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    until_day TEXT NOT NULL,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT former_names_names CHECK (name <> '' AND short_name <> '')
) STRICT, WITHOUT ROWID;
CREATE INDEX former_names_school ON former_names (cluster_id, school_id, until_day);

-- Which school holds the cluster's money, and when. to_day is the last day.
CREATE TABLE lead_schools (
    cluster_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    school_id INTEGER NOT NULL,
    from_day TEXT NOT NULL,
    to_day TEXT,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT lead_schools_order CHECK (to_day >= from_day)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX lead_schools_open ON lead_schools (cluster_id) WHERE to_day IS NULL;

-- A role that waits for its person to say yes. The link in the mail is kept as a hash.
CREATE TABLE invitations (
    cluster_id INTEGER NOT NULL REFERENCES clusters (id),
    id INTEGER NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    school_id INTEGER,
    from_day TEXT NOT NULL,
    to_day TEXT,
    token_hash TEXT NOT NULL,
    invited_by INTEGER REFERENCES people (id),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    accepted_at TEXT,
    accepted_by INTEGER REFERENCES people (id),
    withdrawn_at TEXT,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT invitations_token_key UNIQUE (token_hash),
    CONSTRAINT invitations_kind CHECK (kind IN ('ssl', 'deputy', 'coordinator', 'bursar', 'head', 'director')),
    CONSTRAINT invitations_school CHECK (school_id IS NOT NULL OR kind NOT IN ('ssl', 'deputy', 'head')),
    CONSTRAINT invitations_order CHECK (to_day >= from_day AND expires_at > created_at),
    CONSTRAINT invitations_once CHECK (accepted_at IS NULL OR withdrawn_at IS NULL),
    CONSTRAINT invitations_email_shape CHECK (email = lower(email) AND email LIKE '%_@_%')
) STRICT, WITHOUT ROWID;
CREATE INDEX invitations_open ON invitations (cluster_id, expires_at) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX invitations_email ON invitations (email);

-- A new address for a person, once both the old and the new mailbox have said yes.
CREATE TABLE email_changes (
    id INTEGER NOT NULL PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES people (id),
    new_email TEXT NOT NULL,
    old_token_hash TEXT NOT NULL,
    new_token_hash TEXT NOT NULL,
    old_confirmed_at TEXT,
    new_confirmed_at TEXT,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    withdrawn_at TEXT,
    CONSTRAINT email_changes_old_key UNIQUE (old_token_hash),
    CONSTRAINT email_changes_new_key UNIQUE (new_token_hash),
    CONSTRAINT email_changes_order CHECK (expires_at > created_at),
    CONSTRAINT email_changes_shape CHECK (new_email = lower(new_email) AND new_email LIKE '%_@_%')
) STRICT, WITHOUT ROWID;
CREATE INDEX email_changes_person ON email_changes (person_id, expires_at);

-- The kinds of letters that a person does not want.
CREATE TABLE muted_kinds (
    person_id INTEGER NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    PRIMARY KEY (person_id, kind)
) STRICT, WITHOUT ROWID;

-- A person as another house (Microsoft, Google) knows them.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES people (id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_person ON identities (person_id);

-- A sign-in that is under way at another house: gone once it has come back, so that an answer counts once.
CREATE TABLE identity_flows (
    state_hash TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    visitor_hash TEXT NOT NULL,
    next_path TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    CONSTRAINT identity_flows_order CHECK (expires_at > created_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_flows_expiry ON identity_flows (expires_at);

-- The secrets printed at the start of a house without a cluster, each good for setting up the first one.
CREATE TABLE set_up_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    CONSTRAINT set_up_tokens_order CHECK (expires_at > created_at)
) STRICT, WITHOUT ROWID;

-- The change log as a whole is read by kind of record and by person, newest first.
CREATE INDEX changes_kind ON changes (cluster_id, about, id);
CREATE INDEX changes_person ON changes (cluster_id, person_id, id);

-- The change log is only ever added to, whoever asks.
CREATE TRIGGER changes_keep_words BEFORE UPDATE ON changes
BEGIN
    SELECT RAISE(ABORT, 'changes are only added to');
END;
CREATE TRIGGER changes_keep_rows BEFORE DELETE ON changes
BEGIN
    SELECT RAISE(ABORT, 'changes are only added to');
END;

-- What the planner shall take the new tables for (see the house's migration).
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('former_names', 'former_names', '1000 10 1'),
    ('former_names', 'former_names_school', '1000 10 2 1'),
    ('lead_schools', 'lead_schools', '300 3 1'),
    ('lead_schools', 'lead_schools_open', '100 1'),
    ('invitations', 'invitations', '5000 50 1'),
    ('invitations', 'invitations_open', '200 5 1'),
    ('invitations', 'invitations_email', '5000 2'),
    ('changes', 'changes_kind', '10000000 100000 50000 1'),
    ('changes', 'changes_person', '10000000 100000 3000 1');
