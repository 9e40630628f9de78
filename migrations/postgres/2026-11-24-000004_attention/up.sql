-- When a coordinator has dealt with two counts that differ; the counts themselves stay as they are.
ALTER TABLE handovers ADD COLUMN settled_at TIMESTAMP;
DROP INDEX handovers_differing;
CREATE INDEX handovers_differing ON handovers (cluster_id, id) WHERE differs AND settled_at IS NULL;
