DROP TRIGGER settings_unsettle ON settings;
CREATE TRIGGER settings_unsettle AFTER UPDATE OF turnaround_days, furthest_ahead_days ON settings
    FOR EACH ROW EXECUTE FUNCTION year_unsettles();
