DROP INDEX handovers_differing;
CREATE INDEX handovers_differing ON handovers (cluster_id, id) WHERE differs;
ALTER TABLE handovers DROP COLUMN settled_at;
