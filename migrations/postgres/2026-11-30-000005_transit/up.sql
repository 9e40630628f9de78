-- The longest time on the way has changed: what is on its way may be late by now, or not any more. The same schema as
-- migrations/sqlite, held equal by tests/stories/parity.rs.
DROP TRIGGER settings_unsettle ON settings;
CREATE TRIGGER settings_unsettle AFTER UPDATE OF turnaround_days, furthest_ahead_days, transit_days ON settings
    FOR EACH ROW EXECUTE FUNCTION year_unsettles();
