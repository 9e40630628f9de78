ALTER TABLE resources DROP COLUMN longest_loan_days;
ALTER TABLE resources DROP COLUMN longest_loan_unit;
ALTER TABLE settings DROP COLUMN half_term_news;
ALTER TABLE settings DROP COLUMN longest_loan_unit;
