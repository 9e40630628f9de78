-- Who belongs, through the years: schools that are renamed and take turns at the lead, invitations, what people choose, ways to sign
-- in. The same schema as migrations/sqlite, held equal by tests/stories/parity.rs.

ALTER TABLE schools ADD COLUMN trust TEXT NOT NULL DEFAULT '';
ALTER TABLE memberships ADD COLUMN sabbatical_review_on DATE;
-- Why a school could leave although it still held a copy.
ALTER TABLE memberships ADD COLUMN leave_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN erased_at TIMESTAMP;
-- Who answers for a booking now that its booker has handed it on. NULL: who booked it, or the school when that person has left.
ALTER TABLE bookings ADD COLUMN keeper_id BIGINT REFERENCES people (id);
-- Letters that can wait go out between these hours, in London time.
ALTER TABLE settings ADD COLUMN mail_from_hour INTEGER NOT NULL DEFAULT 7 CONSTRAINT settings_mail_from CHECK (mail_from_hour BETWEEN 0 AND 23);
ALTER TABLE settings ADD COLUMN mail_to_hour INTEGER NOT NULL DEFAULT 19 CONSTRAINT settings_mail_to CHECK (mail_to_hour BETWEEN 1 AND 24);
-- School days after which a copy has been on its way for too long.
ALTER TABLE settings ADD COLUMN transit_days INTEGER NOT NULL DEFAULT 3 CONSTRAINT settings_transit CHECK (transit_days BETWEEN 1 AND 60);
-- From this price on, in pence, a thing belongs into the asset register.
ALTER TABLE settings ADD COLUMN asset_threshold_pence BIGINT NOT NULL DEFAULT 10000 CONSTRAINT settings_asset_threshold CHECK (asset_threshold_pence BETWEEN 0 AND 100000000);
-- Months between two electrical tests.
ALTER TABLE settings ADD COLUMN electrical_test_months INTEGER NOT NULL DEFAULT 24 CONSTRAINT settings_electrical_test CHECK (electrical_test_months BETWEEN 1 AND 120);

-- What a school was called before, and the last day of that name.
CREATE TABLE former_names (
    cluster_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    school_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    until_day DATE NOT NULL,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT former_names_names CHECK (name <> '' AND short_name <> '')
);
CREATE INDEX former_names_school ON former_names (cluster_id, school_id, until_day);

-- Which school holds the cluster's money, and when. to_day is the last day.
CREATE TABLE lead_schools (
    cluster_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    school_id BIGINT NOT NULL,
    from_day DATE NOT NULL,
    to_day DATE,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT lead_schools_order CHECK (to_day >= from_day)
);
CREATE UNIQUE INDEX lead_schools_open ON lead_schools (cluster_id) WHERE to_day IS NULL;

-- A role that waits for its person to say yes. The link in the mail is kept as a hash.
CREATE TABLE invitations (
    cluster_id BIGINT NOT NULL REFERENCES clusters (id),
    id BIGINT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    school_id BIGINT,
    from_day DATE NOT NULL,
    to_day DATE,
    token_hash TEXT NOT NULL,
    invited_by BIGINT REFERENCES people (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    accepted_at TIMESTAMP,
    accepted_by BIGINT REFERENCES people (id),
    withdrawn_at TIMESTAMP,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT invitations_token_key UNIQUE (token_hash),
    CONSTRAINT invitations_kind CHECK (kind IN ('ssl', 'deputy', 'coordinator', 'bursar', 'head', 'director')),
    CONSTRAINT invitations_school CHECK (school_id IS NOT NULL OR kind NOT IN ('ssl', 'deputy', 'head')),
    CONSTRAINT invitations_order CHECK (to_day >= from_day AND expires_at > created_at),
    CONSTRAINT invitations_once CHECK (accepted_at IS NULL OR withdrawn_at IS NULL),
    CONSTRAINT invitations_email_shape CHECK (email = lower(email) AND email LIKE '%_@_%')
);
CREATE INDEX invitations_open ON invitations (cluster_id, expires_at) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX invitations_email ON invitations (email);

-- A new address for a person, once both the old and the new mailbox have said yes.
CREATE TABLE email_changes (
    id BIGINT NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES people (id),
    new_email TEXT NOT NULL,
    old_token_hash TEXT NOT NULL,
    new_token_hash TEXT NOT NULL,
    old_confirmed_at TIMESTAMP,
    new_confirmed_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    withdrawn_at TIMESTAMP,
    CONSTRAINT email_changes_old_key UNIQUE (old_token_hash),
    CONSTRAINT email_changes_new_key UNIQUE (new_token_hash),
    CONSTRAINT email_changes_order CHECK (expires_at > created_at),
    CONSTRAINT email_changes_shape CHECK (new_email = lower(new_email) AND new_email LIKE '%_@_%')
);
CREATE INDEX email_changes_person ON email_changes (person_id, expires_at);

-- The kinds of letters that a person does not want.
CREATE TABLE muted_kinds (
    person_id BIGINT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    PRIMARY KEY (person_id, kind)
);

-- A person as another house (Microsoft, Google) knows them.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id BIGINT NOT NULL REFERENCES people (id),
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_person ON identities (person_id);

-- A sign-in that is under way at another house: gone once it has come back, so that an answer counts once.
CREATE TABLE identity_flows (
    state_hash TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    visitor_hash TEXT NOT NULL,
    next_path TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    CONSTRAINT identity_flows_order CHECK (expires_at > created_at)
);
CREATE INDEX identity_flows_expiry ON identity_flows (expires_at);

-- The secrets printed at the start of a house without a cluster, each good for setting up the first one.
CREATE TABLE set_up_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    CONSTRAINT set_up_tokens_order CHECK (expires_at > created_at)
);

-- The change log as a whole is read by kind of record and by person, newest first.
CREATE INDEX changes_kind ON changes (cluster_id, about, id);
CREATE INDEX changes_person ON changes (cluster_id, person_id, id);

-- The change log is only ever added to, whoever asks.
CREATE FUNCTION changes_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'changes are only added to';
END;
$$;
CREATE TRIGGER changes_stay BEFORE UPDATE OR DELETE ON changes FOR EACH ROW EXECUTE FUNCTION changes_stay();
