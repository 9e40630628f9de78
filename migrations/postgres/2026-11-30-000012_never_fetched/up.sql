-- A confirmed loan whose days are over and that nobody ever fetched stands in the coordinator's inbox until somebody says that it is
-- dealt with. The same schema as migrations/sqlite, held equal by tests/stories/parity.rs.
ALTER TABLE bookings ADD COLUMN unfetched_settled_at TIMESTAMP;
CREATE INDEX bookings_unfetched ON bookings (cluster_id, last_day)
    WHERE state = 'confirmed' AND kind = 'loan' AND collected_on IS NULL AND unfetched_settled_at IS NULL;
