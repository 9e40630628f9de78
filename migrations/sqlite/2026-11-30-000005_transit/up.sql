-- The longest time on the way has changed: what is on its way may be late by now, or not any more. The same schema as
-- migrations/postgres, held equal by tests/stories/parity.rs.
DROP TRIGGER settings_unsettle_changed;
CREATE TRIGGER settings_unsettle_changed AFTER UPDATE OF turnaround_days, furthest_ahead_days, transit_days ON settings
BEGIN
    INSERT INTO unsettled (cluster_id, copy_id)
    SELECT c.cluster_id, c.id FROM copies c WHERE c.cluster_id = NEW.cluster_id AND c.state <> 'retired'
        AND NOT EXISTS (SELECT 1 FROM unsettled u WHERE u.cluster_id = c.cluster_id AND u.copy_id = c.id);
END;
