ALTER TABLE settings DROP COLUMN undo_minutes;
DROP TABLE pending_acts;
