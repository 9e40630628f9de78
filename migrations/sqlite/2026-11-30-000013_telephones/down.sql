DROP INDEX roles_kind;
ALTER TABLE schools DROP COLUMN phone;
ALTER TABLE people DROP COLUMN phone;
