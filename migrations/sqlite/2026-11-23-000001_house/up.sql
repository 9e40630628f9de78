-- The house: people, catalogue, bookings, mail. The same schema as migrations/postgres, held equal by tests/stories/parity.rs.

-- The tenants. Cluster 0 is the house itself: mails of no cluster (sign-in links) hang there, and nobody has a role in it.
CREATE TABLE clusters (
    id INTEGER NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    cohort_year INTEGER,
    nation TEXT NOT NULL,
    -- Raised by every write transaction: an exact cache key and ETag.
    version INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    CONSTRAINT clusters_slug_key UNIQUE (slug),
    CONSTRAINT clusters_slug_shape CHECK (slug <> '' AND length(slug) <= 60 AND slug = lower(slug)),
    CONSTRAINT clusters_nation CHECK (nation IN ('england', 'wales', 'scotland', 'northern_ireland'))
) STRICT;

-- Booking rules of a cluster, with the defaults of product.md.
CREATE TABLE settings (
    cluster_id INTEGER NOT NULL PRIMARY KEY REFERENCES clusters (id),
    longest_loan_days INTEGER NOT NULL DEFAULT 28,
    -- NULL: the end of the next academic year.
    furthest_ahead_days INTEGER,
    shortest_notice_days INTEGER NOT NULL DEFAULT 0,
    most_live_bookings INTEGER NOT NULL DEFAULT 3,
    turnaround_days INTEGER NOT NULL DEFAULT 0,
    approval_needed INTEGER NOT NULL DEFAULT 0,
    non_school_days INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT settings_longest_loan CHECK (longest_loan_days BETWEEN 1 AND 366),
    CONSTRAINT settings_furthest_ahead CHECK (furthest_ahead_days BETWEEN 1 AND 3660),
    CONSTRAINT settings_shortest_notice CHECK (shortest_notice_days BETWEEN 0 AND 60),
    CONSTRAINT settings_most_live CHECK (most_live_bookings BETWEEN 1 AND 1000),
    CONSTRAINT settings_turnaround CHECK (turnaround_days BETWEEN 0 AND 28),
    CONSTRAINT settings_approval_needed_bool CHECK (approval_needed IN (0, 1)),
    CONSTRAINT settings_non_school_days_bool CHECK (non_school_days IN (0, 1))
) STRICT;

CREATE TABLE schools (
    cluster_id INTEGER NOT NULL REFERENCES clusters (id),
    id INTEGER NOT NULL,
    urn TEXT,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    -- Two or three letters for narrow bars.
    letters TEXT NOT NULL,
    address TEXT NOT NULL,
    postcode TEXT NOT NULL,
    PRIMARY KEY (cluster_id, id),
    CONSTRAINT schools_name_key UNIQUE (cluster_id, name),
    CONSTRAINT schools_letters_key UNIQUE (cluster_id, letters),
    CONSTRAINT schools_names CHECK (name <> '' AND short_name <> ''),
    CONSTRAINT schools_letters CHECK (length(letters) BETWEEN 2 AND 3 AND letters = upper(letters))
) STRICT, WITHOUT ROWID;

-- A school's time in the cluster. left_on is the last day of membership.
CREATE TABLE memberships (
    cluster_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    school_id INTEGER NOT NULL,
    joined_on TEXT NOT NULL,
    left_on TEXT,
    sabbatical_from TEXT,
    sabbatical_to TEXT,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT memberships_order CHECK (left_on >= joined_on),
    CONSTRAINT memberships_sabbatical CHECK ((sabbatical_from IS NULL) = (sabbatical_to IS NULL) AND (sabbatical_to IS NULL OR sabbatical_to >= sabbatical_from))
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_school ON memberships (cluster_id, school_id);

-- People are of no cluster: one person may hold roles in several.
CREATE TABLE people (
    id INTEGER NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT people_email_key UNIQUE (email),
    CONSTRAINT people_email_shape CHECK (email = lower(email) AND email LIKE '%_@_%'),
    CONSTRAINT people_name CHECK (name <> '')
) STRICT;

-- to_day is the last day of the role.
CREATE TABLE roles (
    cluster_id INTEGER NOT NULL REFERENCES clusters (id),
    id INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    school_id INTEGER,
    from_day TEXT NOT NULL,
    to_day TEXT,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT roles_kind CHECK (kind IN ('ssl', 'deputy', 'coordinator', 'bursar', 'head', 'director')),
    CONSTRAINT roles_school CHECK (school_id IS NOT NULL OR kind NOT IN ('ssl', 'deputy', 'head')),
    CONSTRAINT roles_order CHECK (to_day >= from_day)
) STRICT, WITHOUT ROWID;
CREATE INDEX roles_person ON roles (person_id, cluster_id);
CREATE INDEX roles_school ON roles (cluster_id, school_id, kind);

-- Links that sign somebody in: single use, fifteen minutes, kept as a hash.
CREATE TABLE sign_in_links (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES people (id),
    next_path TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    CONSTRAINT sign_in_links_order CHECK (expires_at > created_at)
) STRICT;
CREATE INDEX sign_in_links_expiry ON sign_in_links (expires_at);

-- Signed-in devices. A row can be revoked; the cookie's secret is kept as a hash.
CREATE TABLE sessions (
    id INTEGER NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES people (id),
    user_agent TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT,
    CONSTRAINT sessions_token_key UNIQUE (token_hash),
    CONSTRAINT sessions_order CHECK (expires_at > created_at)
) STRICT;
CREATE INDEX sessions_person ON sessions (person_id, expires_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- One row a term; half_first to half_last is its half-term holiday.
CREATE TABLE terms (
    cluster_id INTEGER NOT NULL REFERENCES clusters (id),
    id INTEGER NOT NULL,
    season TEXT NOT NULL,
    academic_year INTEGER NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    half_first TEXT,
    half_last TEXT,
    PRIMARY KEY (cluster_id, id),
    CONSTRAINT terms_season_key UNIQUE (cluster_id, academic_year, season),
    CONSTRAINT terms_season CHECK (season IN ('autumn', 'spring', 'summer')),
    CONSTRAINT terms_order CHECK (last_day >= first_day),
    CONSTRAINT terms_half CHECK ((half_first IS NULL) = (half_last IS NULL) AND (half_first IS NULL OR (half_first > first_day AND half_last >= half_first AND half_last < last_day)))
) STRICT, WITHOUT ROWID;
CREATE INDEX terms_days ON terms (cluster_id, first_day);

-- Days inside term on which nobody is there: of one school, or of the whole cluster when school_id is NULL.
CREATE TABLE closures (
    cluster_id INTEGER NOT NULL REFERENCES clusters (id),
    id INTEGER NOT NULL,
    school_id INTEGER,
    kind TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT closures_kind CHECK (kind IN ('inset', 'closure', 'bank_holiday')),
    CONSTRAINT closures_order CHECK (last_day >= first_day)
) STRICT, WITHOUT ROWID;
CREATE INDEX closures_days ON closures (cluster_id, first_day);

-- Titles in the catalogue. Year groups: 0 is Reception, 1 to 6 are years.
CREATE TABLE resources (
    cluster_id INTEGER NOT NULL REFERENCES clusters (id),
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    strand TEXT NOT NULL,
    topic TEXT NOT NULL,
    icon TEXT NOT NULL,
    year_from INTEGER NOT NULL,
    year_to INTEGER NOT NULL,
    approval_needed INTEGER NOT NULL DEFAULT 0,
    -- NULL: the cluster's own turnaround.
    turnaround_days INTEGER,
    -- Name, summary, topic and contents in lower case, for search by words.
    search_words TEXT NOT NULL,
    PRIMARY KEY (cluster_id, id),
    CONSTRAINT resources_name_key UNIQUE (cluster_id, name),
    CONSTRAINT resources_kind CHECK (kind IN ('box', 'kit')),
    CONSTRAINT resources_strand CHECK (strand IN ('biology', 'chemistry', 'physics', 'working_scientifically')),
    CONSTRAINT resources_years CHECK (year_from >= 0 AND year_to <= 6 AND year_to >= year_from),
    CONSTRAINT resources_turnaround CHECK (turnaround_days BETWEEN 0 AND 28),
    CONSTRAINT resources_approval_needed_bool CHECK (approval_needed IN (0, 1))
) STRICT, WITHOUT ROWID;

-- One physical thing. What is booked is always a copy.
CREATE TABLE copies (
    cluster_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    resource_id INTEGER NOT NULL,
    tag TEXT NOT NULL,
    -- The letters behind the QR code on the lid; unique over all clusters.
    code TEXT NOT NULL,
    -- Where it is kept when nobody has it.
    home_school_id INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'in_service',
    state_note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, resource_id) REFERENCES resources (cluster_id, id),
    FOREIGN KEY (cluster_id, home_school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT copies_tag_key UNIQUE (cluster_id, tag),
    CONSTRAINT copies_code_key UNIQUE (code),
    CONSTRAINT copies_state CHECK (state IN ('in_service', 'repair', 'missing', 'retired')),
    CONSTRAINT copies_tag CHECK (tag <> '' AND length(tag) <= 20)
) STRICT, WITHOUT ROWID;
CREATE INDEX copies_resource ON copies (cluster_id, resource_id, tag);

CREATE TABLE contents_lines (
    cluster_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    resource_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    item TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    consumable INTEGER NOT NULL,
    essential INTEGER NOT NULL,
    care_note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, resource_id) REFERENCES resources (cluster_id, id),
    CONSTRAINT contents_lines_position_key UNIQUE (cluster_id, resource_id, position),
    CONSTRAINT contents_lines_quantity CHECK (quantity BETWEEN 1 AND 100000),
    CONSTRAINT contents_lines_item CHECK (item <> ''),
    CONSTRAINT contents_lines_consumable_bool CHECK (consumable IN (0, 1)),
    CONSTRAINT contents_lines_essential_bool CHECK (essential IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Every day there is, so that a trigger can list the days of a booking.
CREATE TABLE days (
    day TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- A school has a copy from first_day to last_day, both inclusive; held_until adds the turnaround.
-- kind 'restock' takes a copy out of service for some days under the same guarantee.
-- collected_on and returned_on are possession, a separate fact from the plan (product rule 3).
CREATE TABLE bookings (
    cluster_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    copy_id INTEGER NOT NULL,
    school_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    held_until TEXT NOT NULL,
    class_name TEXT NOT NULL DEFAULT '',
    purpose TEXT NOT NULL DEFAULT '',
    pupils INTEGER,
    collected_on TEXT,
    returned_on TEXT,
    -- The calendar entry's SEQUENCE: rises with every change that a calendar should show.
    sequence INTEGER NOT NULL DEFAULT 0,
    -- The form's idempotency key: a form sent twice books once.
    request_key TEXT NOT NULL,
    override_reason TEXT NOT NULL DEFAULT '',
    ended_reason TEXT NOT NULL DEFAULT '',
    repeated_from INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, copy_id) REFERENCES copies (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, repeated_from) REFERENCES bookings (cluster_id, id),
    CONSTRAINT bookings_request_key UNIQUE (cluster_id, request_key),
    CONSTRAINT bookings_kind CHECK (kind IN ('loan', 'restock')),
    CONSTRAINT bookings_state CHECK (state IN ('requested', 'confirmed', 'declined', 'cancelled')),
    CONSTRAINT bookings_order CHECK (last_day >= first_day AND held_until >= last_day),
    CONSTRAINT bookings_range CHECK (first_day >= '2000-01-01' AND held_until <= '2099-12-31'),
    -- The bound that lets a term be read through an index on first_day alone, whatever the history.
    CONSTRAINT bookings_span CHECK (julianday(held_until) - julianday(first_day) <= 400),
    CONSTRAINT bookings_pupils CHECK (pupils BETWEEN 1 AND 2000),
    CONSTRAINT bookings_possession CHECK (returned_on IS NULL OR (collected_on IS NOT NULL AND returned_on >= collected_on)),
    CONSTRAINT bookings_collected CHECK (collected_on IS NULL OR state = 'confirmed'),
    CONSTRAINT bookings_sequence CHECK (sequence >= 0),
    -- A day that is no ISO text would slip past every comparison.
    CONSTRAINT bookings_days_iso CHECK (first_day IS date(first_day, '+0 days') AND last_day IS date(last_day, '+0 days') AND held_until IS date(held_until, '+0 days'))
) STRICT, WITHOUT ROWID;
CREATE INDEX bookings_term ON bookings (cluster_id, first_day, held_until, state);
CREATE INDEX bookings_copy ON bookings (cluster_id, copy_id, first_day);
CREATE INDEX bookings_school ON bookings (cluster_id, school_id, last_day);
CREATE INDEX bookings_requested ON bookings (cluster_id, first_day) WHERE state = 'requested';
-- Possession: a copy is out at one school at a time, and the database refuses a second (product rule 2).
CREATE UNIQUE INDEX bookings_one_out ON bookings (cluster_id, copy_id) WHERE collected_on IS NOT NULL AND returned_on IS NULL;

-- The plan: no two live bookings of a copy share a day (product rule 1). Filled by the triggers below and by nothing else.
CREATE TABLE booked_days (
    cluster_id INTEGER NOT NULL,
    copy_id INTEGER NOT NULL,
    day TEXT NOT NULL,
    booking_id INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, copy_id, day),
    FOREIGN KEY (cluster_id, booking_id) REFERENCES bookings (cluster_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX booked_days_booking ON booked_days (cluster_id, booking_id);
CREATE INDEX booked_days_day ON booked_days (day);

-- The outbox: every e-mail, stored in the transaction of the fact that caused it (product rule 5).
CREATE TABLE messages (
    cluster_id INTEGER NOT NULL REFERENCES clusters (id),
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- What it is about, for example booking:ID:SEQUENCE.
    subject TEXT NOT NULL,
    -- The day it is for.
    day TEXT NOT NULL,
    person_id INTEGER REFERENCES people (id),
    to_address TEXT NOT NULL,
    to_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    title TEXT NOT NULL,
    text_body TEXT NOT NULL,
    html_body TEXT NOT NULL,
    calendar TEXT,
    calendar_method TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    -- Which worker has it in hand, and until when nobody else may take it.
    claimed_by TEXT,
    last_error TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    finished_at TEXT,
    PRIMARY KEY (cluster_id, id),
    CONSTRAINT messages_once_key UNIQUE (cluster_id, kind, subject, day, to_address),
    CONSTRAINT messages_state CHECK (state IN ('waiting', 'sending', 'sent', 'kept', 'failed', 'dropped')),
    CONSTRAINT messages_claim CHECK ((state = 'sending') = (claimed_by IS NOT NULL)),
    CONSTRAINT messages_attempts CHECK (attempts >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_due ON messages (next_attempt_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX messages_state_ix ON messages (cluster_id, state, id);
CREATE INDEX messages_person ON messages (cluster_id, person_id, id);

-- Private calendar addresses: of a person (own school's loans), or of one resource. The token is kept as it is, because
-- its owner needs to copy it to a second device; it only reads dates, and is renewed with one click.
CREATE TABLE feeds (
    cluster_id INTEGER NOT NULL REFERENCES clusters (id),
    id INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES people (id),
    resource_id INTEGER,
    token TEXT NOT NULL,
    created_at TEXT NOT NULL,
    revoked_at TEXT,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, resource_id) REFERENCES resources (cluster_id, id),
    CONSTRAINT feeds_token_key UNIQUE (token),
    CONSTRAINT feeds_token CHECK (length(token) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX feeds_person ON feeds (cluster_id, person_id);

-- Who changed what, when, before and after (product rule 11). Only ever added to.
CREATE TABLE changes (
    cluster_id INTEGER NOT NULL REFERENCES clusters (id),
    id INTEGER NOT NULL,
    at TEXT NOT NULL,
    person_id INTEGER REFERENCES people (id),
    about TEXT NOT NULL,
    about_id TEXT NOT NULL,
    verb TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (cluster_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_about ON changes (cluster_id, about, about_id, id);

CREATE TRIGGER bookings_take_days AFTER INSERT ON bookings
WHEN NEW.state IN ('requested', 'confirmed')
BEGIN
    -- Said aloud, because an outer INSERT OR IGNORE or OR REPLACE would also rule the insert below.
    SELECT RAISE(ABORT, 'booked_days taken') FROM booked_days
    WHERE cluster_id = NEW.cluster_id AND copy_id = NEW.copy_id AND day BETWEEN NEW.first_day AND NEW.held_until;
    INSERT INTO booked_days (cluster_id, copy_id, day, booking_id)
    SELECT NEW.cluster_id, NEW.copy_id, days.day, NEW.id FROM days WHERE days.day BETWEEN NEW.first_day AND NEW.held_until;
END;

CREATE TRIGGER bookings_move_days AFTER UPDATE OF cluster_id, id, copy_id, first_day, held_until, state ON bookings
WHEN (OLD.state IN ('requested', 'confirmed')) <> (NEW.state IN ('requested', 'confirmed'))
    OR (NEW.state IN ('requested', 'confirmed')
        AND (OLD.cluster_id, OLD.id, OLD.copy_id, OLD.first_day, OLD.held_until) <> (NEW.cluster_id, NEW.id, NEW.copy_id, NEW.first_day, NEW.held_until))
BEGIN
    DELETE FROM booked_days WHERE cluster_id = OLD.cluster_id AND booking_id = OLD.id;
    SELECT RAISE(ABORT, 'booked_days taken') FROM booked_days
    WHERE NEW.state IN ('requested', 'confirmed')
        AND cluster_id = NEW.cluster_id AND copy_id = NEW.copy_id AND day BETWEEN NEW.first_day AND NEW.held_until;
    INSERT INTO booked_days (cluster_id, copy_id, day, booking_id)
    SELECT NEW.cluster_id, NEW.copy_id, days.day, NEW.id FROM days
    WHERE NEW.state IN ('requested', 'confirmed') AND days.day BETWEEN NEW.first_day AND NEW.held_until;
END;

CREATE TRIGGER bookings_free_days AFTER DELETE ON bookings
BEGIN
    DELETE FROM booked_days WHERE cluster_id = OLD.cluster_id AND booking_id = OLD.id;
END;

WITH RECURSIVE count (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM count WHERE n < 36524)
INSERT INTO days (day) SELECT date('2000-01-01', '+' || n || ' days') FROM count;

INSERT INTO clusters (id, slug, name, nation, created_at) VALUES (0, 'house', 'Boxrota', 'england', '2026-01-01 00:00:00');

-- What the planner shall take a table for, from the first day and for ever: a hundred clusters with ten years of loans each.
-- Without it, SQLite believes that a cluster has ten rows in every table, reads its whole history through the primary key,
-- and each page slows down as the years go by. The columns: rows in all, then rows for each longer prefix of the key.
-- Never run ANALYZE or PRAGMA optimize on a production file: they would replace this by what is there today.
ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('clusters', NULL, '100'),
    ('clusters', 'sqlite_autoindex_clusters_1', '100 1'),
    ('people', NULL, '3000'),
    ('people', 'sqlite_autoindex_people_1', '3000 1'),
    ('sessions', NULL, '10000'),
    ('sessions', 'sqlite_autoindex_sessions_1', '10000 1'),
    ('sessions', 'sessions_person', '10000 3 1'),
    ('sessions', 'sessions_expiry', '10000 1'),
    ('schools', 'schools', '1000 10 1'),
    ('memberships', 'memberships', '1000 10 1'),
    ('memberships', 'memberships_school', '1000 10 1'),
    ('roles', 'roles', '5000 50 1'),
    ('roles', 'roles_person', '5000 2 1'),
    ('roles', 'roles_school', '5000 50 5 1'),
    ('terms', 'terms', '3000 30 1'),
    ('terms', 'terms_days', '3000 30 1'),
    ('closures', 'closures', '40000 400 1'),
    ('closures', 'closures_days', '40000 400 2'),
    ('resources', 'resources', '5000 50 1'),
    ('copies', 'copies', '10000 100 1'),
    ('copies', 'copies_resource', '10000 100 2 1'),
    ('contents_lines', 'contents_lines', '100000 1000 1'),
    ('days', 'days', '36525 1'),
    ('bookings', 'bookings', '5000000 50000 1'),
    ('bookings', 'sqlite_autoindex_bookings_2', '5000000 50000 1'),
    ('bookings', 'bookings_term', '5000000 50000 20 2 1'),
    ('bookings', 'bookings_copy', '5000000 50000 500 1'),
    ('bookings', 'bookings_school', '5000000 50000 6000 20'),
    ('bookings', 'bookings_requested', '1000 10 1'),
    ('bookings', 'bookings_one_out', '3000 30 1'),
    ('booked_days', 'booked_days', '2000000 20000 200 1'),
    ('booked_days', 'booked_days_booking', '2000000 20000 10'),
    ('booked_days', 'booked_days_day', '2000000 2000'),
    ('messages', 'messages', '10000000 100000 1'),
    ('messages', 'sqlite_autoindex_messages_2', '10000000 100000 20000 1 1 1'),
    ('messages', 'messages_due', '1000 1'),
    ('messages', 'messages_state_ix', '10000000 100000 20000 1'),
    ('messages', 'messages_person', '10000000 100000 3000 1'),
    ('changes', 'changes', '10000000 100000 1'),
    ('changes', 'changes_about', '10000000 100000 50000 5 1');
