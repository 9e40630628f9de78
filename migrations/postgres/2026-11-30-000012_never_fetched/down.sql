DROP INDEX bookings_unfetched;
ALTER TABLE bookings DROP COLUMN unfetched_settled_at;
