-- The longest loan is said as schools say it: days, school weeks, a half-term, a term. A new cluster begins with a half-term; one that
-- is here keeps its number of days, and where that was the default its coordinator is told once. The same schema as
-- migrations/sqlite, held equal by tests/stories/parity.rs.
ALTER TABLE settings ADD COLUMN longest_loan_unit TEXT NOT NULL DEFAULT 'half_term'
    CONSTRAINT settings_longest_loan_unit CHECK (longest_loan_unit IN ('days', 'weeks', 'half_term', 'term'));
-- Whether the coordinator is still to be told that a half-term can be set.
ALTER TABLE settings ADD COLUMN half_term_news BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE settings SET longest_loan_unit = 'days', half_term_news = (longest_loan_days = 28);
-- The house, cluster 0, lends nothing.
INSERT INTO settings (cluster_id, longest_loan_unit, half_term_news)
    SELECT id, 'days', TRUE FROM clusters WHERE id <> 0 AND id NOT IN (SELECT cluster_id FROM settings);
-- NULL: the cluster's own.
ALTER TABLE resources ADD COLUMN longest_loan_unit TEXT
    CONSTRAINT resources_longest_loan_unit CHECK (longest_loan_unit IN ('days', 'weeks', 'half_term', 'term'));
-- So many days or school weeks.
ALTER TABLE resources ADD COLUMN longest_loan_days INTEGER
    CONSTRAINT resources_longest_loan CHECK (longest_loan_days BETWEEN 1 AND 366);
