-- Handovers: where every copy is, the legs between bookings, what was counted on both sides, who waits, what reminds.
-- The same schema as migrations/sqlite, held equal by tests/stories/parity.rs.

-- Letters that may be switched off carry an address that does it in one click (RFC 8058).
ALTER TABLE messages ADD COLUMN unsubscribe TEXT NOT NULL DEFAULT '';
-- Days that the waiting list offers to somebody are held by a request with a deadline.
ALTER TABLE bookings ADD COLUMN offer_until TIMESTAMP;
-- School days for which an offer of the waiting list is held.
ALTER TABLE settings ADD COLUMN offer_days INTEGER NOT NULL DEFAULT 2 CONSTRAINT settings_offer_days CHECK (offer_days BETWEEN 1 AND 20);
-- The day on which it is time to look again whether the coordinators' weekly letter is due; NULL: at once.
ALTER TABLE settings ADD COLUMN digest_on DATE;
-- How often a person wants letters that can wait: each at once, or together once a day or a week.
ALTER TABLE people ADD COLUMN rhythm TEXT NOT NULL DEFAULT 'each' CONSTRAINT people_rhythm CHECK (rhythm IN ('each', 'daily', 'weekly'));

-- Copies whose bookings or custody have changed since their legs were laid; emptied at the end of the same transaction.
CREATE TABLE unsettled (
    cluster_id BIGINT NOT NULL,
    copy_id BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, copy_id),
    FOREIGN KEY (cluster_id, copy_id) REFERENCES copies (cluster_id, id) ON DELETE CASCADE
);

-- Cluster meetings, at which boxes can change hands.
CREATE TABLE meetings (
    cluster_id BIGINT NOT NULL REFERENCES clusters (id),
    id BIGINT NOT NULL,
    day DATE NOT NULL,
    -- Where: at a school, or in words.
    school_id BIGINT,
    place TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    cancelled_at TIMESTAMP,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT meetings_place CHECK (school_id IS NOT NULL OR place <> '')
);
CREATE INDEX meetings_day ON meetings (cluster_id, day);

-- The journey of a copy between two holders. No booking at an end: the store.
CREATE TABLE legs (
    cluster_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    copy_id BIGINT NOT NULL,
    from_booking_id BIGINT,
    to_booking_id BIGINT,
    from_school_id BIGINT NOT NULL,
    to_school_id BIGINT NOT NULL,
    day DATE NOT NULL,
    -- fetch: the receiver comes; bring: the giver comes; meeting: both meet; stays: both ends are one school.
    way TEXT NOT NULL,
    meeting_id BIGINT,
    note TEXT NOT NULL DEFAULT '',
    -- Whether both sides have agreed on day and way.
    agreed BOOLEAN NOT NULL DEFAULT FALSE,
    -- Another day or way that one side has proposed and the other has not answered.
    proposed_by BIGINT REFERENCES people (id),
    proposed_school_id BIGINT,
    proposed_day DATE,
    proposed_way TEXT,
    proposed_meeting_id BIGINT,
    proposed_note TEXT NOT NULL DEFAULT '',
    proposed_at TIMESTAMP,
    state TEXT NOT NULL DEFAULT 'planned',
    -- Rises with every change that both sides should hear of.
    revision INTEGER NOT NULL DEFAULT 0,
    -- Whether somebody has been told of it by a letter.
    told BOOLEAN NOT NULL DEFAULT FALSE,
    -- The day on which the worker looks at it again.
    look_on DATE NOT NULL DEFAULT '2000-01-01',
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, copy_id) REFERENCES copies (cluster_id, id),
    FOREIGN KEY (cluster_id, from_booking_id) REFERENCES bookings (cluster_id, id),
    FOREIGN KEY (cluster_id, to_booking_id) REFERENCES bookings (cluster_id, id),
    FOREIGN KEY (cluster_id, from_school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, to_school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, meeting_id) REFERENCES meetings (cluster_id, id),
    FOREIGN KEY (cluster_id, proposed_school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, proposed_meeting_id) REFERENCES meetings (cluster_id, id),
    CONSTRAINT legs_ends CHECK (from_booking_id IS NOT NULL OR to_booking_id IS NOT NULL),
    CONSTRAINT legs_state CHECK (state IN ('planned', 'done', 'dropped')),
    CONSTRAINT legs_way CHECK (way IN ('fetch', 'bring', 'meeting', 'stays')),
    CONSTRAINT legs_meeting CHECK ((way = 'meeting') = (meeting_id IS NOT NULL)),
    CONSTRAINT legs_proposed_way CHECK (proposed_way IN ('fetch', 'bring', 'meeting')),
    CONSTRAINT legs_proposal CHECK ((proposed_way IS NULL) = (proposed_day IS NULL) AND (proposed_way IS NULL) = (proposed_at IS NULL) AND (proposed_way IS NULL) = (proposed_school_id IS NULL)),
    CONSTRAINT legs_revision CHECK (revision >= 0)
);
CREATE UNIQUE INDEX legs_from_key ON legs (cluster_id, from_booking_id) WHERE state = 'planned' AND from_booking_id IS NOT NULL;
CREATE UNIQUE INDEX legs_to_key ON legs (cluster_id, to_booking_id) WHERE state = 'planned' AND to_booking_id IS NOT NULL;
CREATE INDEX legs_copy ON legs (cluster_id, copy_id, day);
CREATE INDEX legs_planned ON legs (cluster_id, day) WHERE state = 'planned';
CREATE INDEX legs_look ON legs (look_on) WHERE state = 'planned';

-- The act of a leg: given up by one side, accepted or refused by the other. A receiver may accept what nobody gave up.
CREATE TABLE handovers (
    cluster_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    copy_id BIGINT NOT NULL,
    leg_id BIGINT,
    from_booking_id BIGINT,
    to_booking_id BIGINT,
    from_school_id BIGINT NOT NULL,
    -- NULL: into the store.
    to_school_id BIGINT,
    -- given: on its way. withdrawn: the giver took it back before it was received. lost: nobody received it, and nobody has it back.
    state TEXT NOT NULL,
    given_by BIGINT REFERENCES people (id),
    given_at TIMESTAMP,
    given_condition TEXT NOT NULL DEFAULT '',
    given_note TEXT NOT NULL DEFAULT '',
    received_by BIGINT REFERENCES people (id),
    received_at TIMESTAMP,
    received_condition TEXT NOT NULL DEFAULT '',
    received_note TEXT NOT NULL DEFAULT '',
    refusal TEXT NOT NULL DEFAULT '',
    -- What the receiver counted is not what the giver counted.
    differs BOOLEAN NOT NULL DEFAULT FALSE,
    -- When a coordinator has dealt with that; the counts themselves stay as they are.
    settled_at TIMESTAMP,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, copy_id) REFERENCES copies (cluster_id, id),
    FOREIGN KEY (cluster_id, leg_id) REFERENCES legs (cluster_id, id),
    FOREIGN KEY (cluster_id, from_booking_id) REFERENCES bookings (cluster_id, id),
    FOREIGN KEY (cluster_id, to_booking_id) REFERENCES bookings (cluster_id, id),
    FOREIGN KEY (cluster_id, from_school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, to_school_id) REFERENCES schools (cluster_id, id),
    CONSTRAINT handovers_state CHECK (state IN ('given', 'accepted', 'refused', 'withdrawn', 'lost')),
    CONSTRAINT handovers_given CHECK ((given_at IS NULL) = (given_by IS NULL) AND (given_at IS NOT NULL OR state IN ('accepted'))),
    CONSTRAINT handovers_received CHECK ((received_at IS NULL) = (received_by IS NULL) AND (received_at IS NOT NULL) = (state IN ('accepted', 'refused'))),
    CONSTRAINT handovers_refusal CHECK ((state = 'refused') = (refusal <> '')),
    CONSTRAINT handovers_given_condition CHECK (given_condition IN ('', 'good', 'worn', 'damaged')),
    CONSTRAINT handovers_received_condition CHECK (received_condition IN ('', 'good', 'worn', 'damaged'))
);
CREATE UNIQUE INDEX handovers_on_the_way ON handovers (cluster_id, copy_id) WHERE state = 'given';
CREATE INDEX handovers_copy ON handovers (cluster_id, copy_id, id);
CREATE INDEX handovers_leg ON handovers (cluster_id, leg_id);
CREATE INDEX handovers_differing ON handovers (cluster_id, id) WHERE differs AND settled_at IS NULL;

-- Where a copy is now: one row a copy, so that there is exactly one answer (product rule 2). The row comes with the copy and stays.
-- school_id: who has it; where the store is; who gave it up, while it is on its way; who had it last, when it is missing.
CREATE TABLE custody (
    cluster_id BIGINT NOT NULL,
    copy_id BIGINT NOT NULL,
    place TEXT NOT NULL,
    school_id BIGINT NOT NULL,
    -- The booking for which the school has it; NULL when it has none.
    booking_id BIGINT,
    -- While it is on its way: to whom, and by which handover. NULL: to the store.
    to_school_id BIGINT,
    handover_id BIGINT,
    -- Who took it, gave it up, or reported it.
    person_id BIGINT REFERENCES people (id),
    -- Since when.
    since TIMESTAMP NOT NULL,
    -- Essential lines of the contents that were short at the last count, in words; empty when none was.
    short_essentials TEXT NOT NULL DEFAULT '',
    -- The day on which the worker looks at it again.
    look_on DATE NOT NULL DEFAULT '2000-01-01',
    PRIMARY KEY (cluster_id, copy_id),
    FOREIGN KEY (cluster_id, copy_id) REFERENCES copies (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, to_school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, booking_id) REFERENCES bookings (cluster_id, id),
    FOREIGN KEY (cluster_id, handover_id) REFERENCES handovers (cluster_id, id),
    CONSTRAINT custody_place CHECK (place IN ('school', 'store', 'transit', 'missing')),
    CONSTRAINT custody_booking CHECK (booking_id IS NULL OR place = 'school'),
    CONSTRAINT custody_way CHECK (place = 'transit' OR (to_school_id IS NULL AND handover_id IS NULL))
);
CREATE UNIQUE INDEX custody_booking_key ON custody (cluster_id, booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX custody_school ON custody (cluster_id, school_id, place);
CREATE INDEX custody_look ON custody (look_on);

-- The chain of custody: every row that custody ever held, the n-th of its copy. Written by triggers, only ever added to.
CREATE TABLE custody_chain (
    cluster_id BIGINT NOT NULL,
    copy_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    place TEXT NOT NULL,
    school_id BIGINT NOT NULL,
    booking_id BIGINT,
    to_school_id BIGINT,
    handover_id BIGINT,
    person_id BIGINT REFERENCES people (id),
    since TIMESTAMP NOT NULL,
    PRIMARY KEY (cluster_id, copy_id, n),
    FOREIGN KEY (cluster_id, copy_id) REFERENCES copies (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, to_school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, booking_id) REFERENCES bookings (cluster_id, id),
    FOREIGN KEY (cluster_id, handover_id) REFERENCES handovers (cluster_id, id)
);

-- What was counted: by each side of a handover, and by the school that has the copy, at any time. Only ever added to; none overwrites
-- another (product rule 4).
CREATE TABLE counts (
    cluster_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    -- NULL exactly for a holder's count.
    handover_id BIGINT,
    copy_id BIGINT NOT NULL,
    side TEXT NOT NULL,
    -- Of a holder's count: which school, for which booking (NULL: none, or in its store), how the box looks, a note. What the sides of a
    -- handover say of that stands with the handover.
    school_id BIGINT,
    booking_id BIGINT,
    condition TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    person_id BIGINT NOT NULL REFERENCES people (id),
    -- all_there: in one tap; lines: line by line; none: nothing was counted.
    how TEXT NOT NULL,
    counted_at TIMESTAMP NOT NULL,
    -- The form's idempotency key: a count that is sent twice counts once.
    request_key TEXT NOT NULL,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, handover_id) REFERENCES handovers (cluster_id, id),
    FOREIGN KEY (cluster_id, copy_id) REFERENCES copies (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, booking_id) REFERENCES bookings (cluster_id, id),
    CONSTRAINT counts_side_key UNIQUE (cluster_id, handover_id, side),
    CONSTRAINT counts_request_key UNIQUE (cluster_id, request_key),
    CONSTRAINT counts_side CHECK (side IN ('giver', 'receiver', 'holder')),
    CONSTRAINT counts_holder CHECK ((side = 'holder') = (handover_id IS NULL) AND (side = 'holder') = (school_id IS NOT NULL)),
    CONSTRAINT counts_holder_says CHECK (side = 'holder' OR (booking_id IS NULL AND condition = '' AND note = '')),
    CONSTRAINT counts_condition CHECK (condition IN ('', 'good', 'worn', 'damaged')),
    CONSTRAINT counts_how CHECK (how IN ('all_there', 'lines', 'none'))
);
CREATE INDEX counts_copy ON counts (cluster_id, copy_id, id);
CREATE INDEX counts_booking ON counts (cluster_id, booking_id) WHERE booking_id IS NOT NULL;

-- A line of a count, with the line of the contents frozen as it was then. Neither counted nor loose: not counted, which is not zero.
CREATE TABLE count_lines (
    cluster_id BIGINT NOT NULL,
    count_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    item TEXT NOT NULL,
    -- How many belong into it, and how many of them were known to be there before.
    quantity INTEGER NOT NULL,
    expected INTEGER NOT NULL,
    consumable BOOLEAN NOT NULL,
    essential BOOLEAN NOT NULL,
    counted INTEGER,
    loose TEXT,
    why TEXT,
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cluster_id, count_id, line_id),
    FOREIGN KEY (cluster_id, count_id) REFERENCES counts (cluster_id, id),
    FOREIGN KEY (cluster_id, line_id) REFERENCES contents_lines (cluster_id, id),
    CONSTRAINT count_lines_counted CHECK (counted BETWEEN 0 AND 100000),
    CONSTRAINT count_lines_numbers CHECK (quantity >= 0 AND expected >= 0),
    CONSTRAINT count_lines_loose CHECK (loose IN ('plenty', 'low', 'none') AND (loose IS NULL OR (consumable AND counted IS NULL))),
    CONSTRAINT count_lines_why CHECK (why IN ('missing', 'broken', 'used_up', 'not_counted')),
    CONSTRAINT count_lines_why_counted CHECK (why IS NULL OR why <> 'not_counted' OR counted IS NULL)
);

-- A picture of a box, taken at a count. Small, checked by its content, without what the camera wrote beside it.
CREATE TABLE photos (
    cluster_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    count_id BIGINT NOT NULL,
    content_type TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, count_id) REFERENCES counts (cluster_id, id),
    CONSTRAINT photos_type CHECK (content_type IN ('image/jpeg', 'image/png'))
);
CREATE INDEX photos_count ON photos (cluster_id, count_id);

-- Somebody who is not of the cluster says where a copy was found. No name is asked.
CREATE TABLE finds (
    cluster_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    copy_id BIGINT NOT NULL,
    words TEXT NOT NULL,
    found_at TIMESTAMP NOT NULL,
    -- When a coordinator has dealt with it.
    done_at TIMESTAMP,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, copy_id) REFERENCES copies (cluster_id, id),
    CONSTRAINT finds_words CHECK (words <> '' AND length(words) <= 500)
);
CREATE INDEX finds_open ON finds (cluster_id, id) WHERE done_at IS NULL;

-- The waiting list, in the order of asking: for a resource, or for one copy of it, and for days.
CREATE TABLE waits (
    cluster_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    resource_id BIGINT NOT NULL,
    -- NULL: any copy.
    copy_id BIGINT,
    school_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL REFERENCES people (id),
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    class_name TEXT NOT NULL DEFAULT '',
    purpose TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'waiting',
    -- While it is offered: the request that holds the days (bookings.offer_until says how long).
    booking_id BIGINT,
    request_key TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (cluster_id, id),
    FOREIGN KEY (cluster_id, resource_id) REFERENCES resources (cluster_id, id),
    FOREIGN KEY (cluster_id, copy_id) REFERENCES copies (cluster_id, id),
    FOREIGN KEY (cluster_id, school_id) REFERENCES schools (cluster_id, id),
    FOREIGN KEY (cluster_id, booking_id) REFERENCES bookings (cluster_id, id),
    CONSTRAINT waits_request_key UNIQUE (cluster_id, request_key),
    CONSTRAINT waits_state CHECK (state IN ('waiting', 'offered', 'taken', 'lapsed', 'declined', 'withdrawn', 'over')),
    CONSTRAINT waits_order CHECK (last_day >= first_day),
    CONSTRAINT waits_offer CHECK (state NOT IN ('offered', 'taken') OR booking_id IS NOT NULL)
);
CREATE INDEX waits_open ON waits (cluster_id, resource_id, id) WHERE state IN ('waiting', 'offered');
CREATE INDEX waits_school ON waits (cluster_id, school_id, id) WHERE state IN ('waiting', 'offered');
CREATE UNIQUE INDEX waits_booking_key ON waits (cluster_id, booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX bookings_offers ON bookings (offer_until) WHERE offer_until IS NOT NULL AND state = 'requested';

-- What switches a kind of letter off without signing in (RFC 8058). Kept as a hash.
CREATE TABLE unsubscribe_links (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    CONSTRAINT unsubscribe_links_order CHECK (expires_at > created_at)
);
CREATE INDEX unsubscribe_links_person ON unsubscribe_links (person_id, kind);
CREATE INDEX unsubscribe_links_expiry ON unsubscribe_links (expires_at);

-- What waits for a person's daily or weekly letter.
CREATE TABLE digest_items (
    cluster_id BIGINT NOT NULL REFERENCES clusters (id),
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    day DATE NOT NULL,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    -- The first day on which it goes out.
    due_on DATE NOT NULL,
    -- When it went out, or was no longer true.
    done_at TIMESTAMP,
    PRIMARY KEY (cluster_id, id),
    CONSTRAINT digest_items_once_key UNIQUE (cluster_id, kind, subject, day, person_id)
);
CREATE INDEX digest_items_due ON digest_items (due_on) WHERE done_at IS NULL;

-- Custody follows what bookings say of possession, whatever code path or session says it; a handover says more in the same transaction.
CREATE FUNCTION copies_get_custody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO custody (cluster_id, copy_id, place, school_id, since)
    VALUES (NEW.cluster_id, NEW.id, CASE NEW.state WHEN 'missing' THEN 'missing' ELSE 'store' END, NEW.home_school_id, COALESCE((SELECT created_at FROM clusters WHERE id = NEW.cluster_id), TIMESTAMP '2000-01-01 00:00:00'));
    RETURN NULL;
END;
$$;
CREATE TRIGGER copies_get_custody AFTER INSERT ON copies FOR EACH ROW EXECUTE FUNCTION copies_get_custody();

-- A store that moves takes what lies in it along.
CREATE FUNCTION copies_move_store() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE custody SET school_id = NEW.home_school_id WHERE cluster_id = NEW.cluster_id AND copy_id = NEW.id AND place = 'store' AND school_id <> NEW.home_school_id;
    INSERT INTO unsettled (cluster_id, copy_id) VALUES (NEW.cluster_id, NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
CREATE TRIGGER copies_move_store AFTER UPDATE OF home_school_id, state ON copies FOR EACH ROW EXECUTE FUNCTION copies_move_store();

-- A copy whose state is missing is nowhere, and one that is somewhere is not missing: whoever says the one has said the other.
-- One that is being repaired stays so while it is missing, and is when it is found.
CREATE FUNCTION copies_go_missing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'missing' AND OLD.state <> 'missing' THEN
        UPDATE custody SET place = 'missing', booking_id = NULL, to_school_id = NULL, handover_id = NULL, since = now() AT TIME ZONE 'UTC', look_on = DATE '2000-01-01'
        WHERE cluster_id = NEW.cluster_id AND copy_id = NEW.id AND place <> 'missing';
    ELSIF NEW.state = 'in_service' AND OLD.state = 'missing' THEN
        UPDATE custody SET place = 'store', school_id = NEW.home_school_id, since = now() AT TIME ZONE 'UTC', look_on = DATE '2000-01-01'
        WHERE cluster_id = NEW.cluster_id AND copy_id = NEW.id AND place = 'missing';
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER copies_go_missing AFTER UPDATE OF state ON copies FOR EACH ROW EXECUTE FUNCTION copies_go_missing();
CREATE FUNCTION custody_goes_missing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.place = 'missing' AND OLD.place <> 'missing' THEN
        UPDATE copies SET state = 'missing' WHERE cluster_id = NEW.cluster_id AND id = NEW.copy_id AND state = 'in_service';
    ELSIF NEW.place <> 'missing' AND OLD.place = 'missing' THEN
        UPDATE copies SET state = 'in_service' WHERE cluster_id = NEW.cluster_id AND id = NEW.copy_id AND state = 'missing';
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER custody_goes_missing AFTER UPDATE OF place ON custody FOR EACH ROW EXECUTE FUNCTION custody_goes_missing();

-- A loan that is written down when it is long out (an import) has been so since it was fetched.
CREATE FUNCTION bookings_move_custody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.collected_on IS NOT NULL AND NEW.returned_on IS NULL THEN
        UPDATE custody SET place = 'school', school_id = NEW.school_id, booking_id = NEW.id, to_school_id = NULL, handover_id = NULL,
            person_id = COALESCE(NEW.keeper_id, NEW.person_id), since = CASE WHEN TG_OP = 'INSERT' THEN LEAST(NEW.updated_at, NEW.collected_on + TIME '12:00') ELSE NEW.updated_at END, look_on = DATE '2000-01-01'
        WHERE cluster_id = NEW.cluster_id AND copy_id = NEW.copy_id AND booking_id IS DISTINCT FROM NEW.id;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.collected_on IS NOT NULL AND OLD.returned_on IS NULL AND (NEW.returned_on IS NOT NULL OR NEW.collected_on IS NULL OR NEW.copy_id <> OLD.copy_id) THEN
        UPDATE custody SET place = 'store', school_id = (SELECT home_school_id FROM copies WHERE cluster_id = OLD.cluster_id AND id = OLD.copy_id),
            booking_id = NULL, to_school_id = NULL, handover_id = NULL, person_id = COALESCE(NEW.keeper_id, NEW.person_id), since = NEW.updated_at, look_on = DATE '2000-01-01'
        WHERE cluster_id = OLD.cluster_id AND copy_id = OLD.copy_id AND booking_id = OLD.id;
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER bookings_move_custody AFTER INSERT OR UPDATE ON bookings FOR EACH ROW EXECUTE FUNCTION bookings_move_custody();

CREATE FUNCTION bookings_unsettle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.copy_id, OLD.school_id, OLD.state, OLD.first_day, OLD.last_day, OLD.held_until) = (NEW.copy_id, NEW.school_id, NEW.state, NEW.first_day, NEW.last_day, NEW.held_until)
        AND OLD.collected_on IS NOT DISTINCT FROM NEW.collected_on AND OLD.returned_on IS NOT DISTINCT FROM NEW.returned_on AND OLD.offer_until IS NOT DISTINCT FROM NEW.offer_until THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO unsettled (cluster_id, copy_id) VALUES (OLD.cluster_id, OLD.copy_id) ON CONFLICT DO NOTHING;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO unsettled (cluster_id, copy_id) VALUES (NEW.cluster_id, NEW.copy_id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER bookings_unsettle AFTER INSERT OR UPDATE OR DELETE ON bookings FOR EACH ROW EXECUTE FUNCTION bookings_unsettle();

-- The school year or a rule has changed: what is planned or waited for may fall on other days.
CREATE FUNCTION year_unsettles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unsettled (cluster_id, copy_id)
    SELECT c.cluster_id, c.id FROM copies c
    WHERE c.cluster_id = (CASE WHEN TG_OP = 'DELETE' THEN OLD.cluster_id ELSE NEW.cluster_id END) AND c.state <> 'retired'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
CREATE TRIGGER closures_unsettle AFTER INSERT OR UPDATE OR DELETE ON closures FOR EACH ROW EXECUTE FUNCTION year_unsettles();
CREATE TRIGGER terms_unsettle AFTER INSERT OR UPDATE OR DELETE ON terms FOR EACH ROW EXECUTE FUNCTION year_unsettles();
CREATE TRIGGER settings_unsettle AFTER UPDATE OF turnaround_days, furthest_ahead_days ON settings FOR EACH ROW EXECUTE FUNCTION year_unsettles();
CREATE FUNCTION resources_unsettle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unsettled (cluster_id, copy_id)
    SELECT c.cluster_id, c.id FROM copies c WHERE c.cluster_id = NEW.cluster_id AND c.resource_id = NEW.id AND c.state <> 'retired'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
CREATE TRIGGER resources_unsettle AFTER UPDATE OF turnaround_days ON resources FOR EACH ROW EXECUTE FUNCTION resources_unsettle();

CREATE FUNCTION custody_write_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.place, OLD.school_id) = (NEW.place, NEW.school_id) AND OLD.booking_id IS NOT DISTINCT FROM NEW.booking_id
        AND OLD.to_school_id IS NOT DISTINCT FROM NEW.to_school_id AND OLD.handover_id IS NOT DISTINCT FROM NEW.handover_id THEN
        RETURN NULL;
    END IF;
    INSERT INTO custody_chain (cluster_id, copy_id, n, place, school_id, booking_id, to_school_id, handover_id, person_id, since)
    SELECT NEW.cluster_id, NEW.copy_id, COALESCE(MAX(n), 0) + 1, NEW.place, NEW.school_id, NEW.booking_id, NEW.to_school_id, NEW.handover_id, NEW.person_id, NEW.since
    FROM custody_chain WHERE cluster_id = NEW.cluster_id AND copy_id = NEW.copy_id;
    INSERT INTO unsettled (cluster_id, copy_id) VALUES (NEW.cluster_id, NEW.copy_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
CREATE TRIGGER custody_write_chain AFTER INSERT OR UPDATE ON custody FOR EACH ROW EXECUTE FUNCTION custody_write_chain();

CREATE FUNCTION custody_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.cluster_id, OLD.copy_id) = (NEW.cluster_id, NEW.copy_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a copy is always somewhere';
END;
$$;
CREATE TRIGGER custody_stays BEFORE UPDATE OR DELETE ON custody FOR EACH ROW EXECUTE FUNCTION custody_stays();

CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME;
END;
$$;
CREATE TRIGGER custody_chain_stays BEFORE UPDATE OR DELETE ON custody_chain FOR EACH ROW EXECUTE FUNCTION only_added_to();
CREATE TRIGGER counts_stay BEFORE UPDATE OR DELETE ON counts FOR EACH ROW EXECUTE FUNCTION only_added_to();
CREATE TRIGGER count_lines_stay BEFORE UPDATE OR DELETE ON count_lines FOR EACH ROW EXECUTE FUNCTION only_added_to();

-- The copies that are there already: out at a school, missing, or in their store. What a loan is out for is with its school, and late.
INSERT INTO custody (cluster_id, copy_id, place, school_id, since)
SELECT copies.cluster_id, copies.id, CASE copies.state WHEN 'missing' THEN 'missing' ELSE 'store' END, copies.home_school_id, clusters.created_at FROM copies JOIN clusters ON clusters.id = copies.cluster_id;
UPDATE custody SET place = 'school',
    school_id = (SELECT b.school_id FROM bookings b WHERE b.cluster_id = custody.cluster_id AND b.copy_id = custody.copy_id AND b.collected_on IS NOT NULL AND b.returned_on IS NULL),
    person_id = (SELECT COALESCE(b.keeper_id, b.person_id) FROM bookings b WHERE b.cluster_id = custody.cluster_id AND b.copy_id = custody.copy_id AND b.collected_on IS NOT NULL AND b.returned_on IS NULL),
    since = (SELECT b.updated_at FROM bookings b WHERE b.cluster_id = custody.cluster_id AND b.copy_id = custody.copy_id AND b.collected_on IS NOT NULL AND b.returned_on IS NULL),
    booking_id = (SELECT b.id FROM bookings b WHERE b.cluster_id = custody.cluster_id AND b.copy_id = custody.copy_id AND b.collected_on IS NOT NULL AND b.returned_on IS NULL)
WHERE EXISTS (SELECT 1 FROM bookings b WHERE b.cluster_id = custody.cluster_id AND b.copy_id = custody.copy_id AND b.collected_on IS NOT NULL AND b.returned_on IS NULL);
