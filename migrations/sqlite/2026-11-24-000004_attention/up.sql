-- When a coordinator has dealt with two counts that differ; the counts themselves stay as they are.
ALTER TABLE handovers ADD COLUMN settled_at TEXT;
DROP INDEX handovers_differing;
CREATE INDEX handovers_differing ON handovers (cluster_id, id) WHERE differs AND settled_at IS NULL;
-- What the planner shall take it for (see the house's migration).
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('handovers', 'handovers_differing', '1000 10 1');
