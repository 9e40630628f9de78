DROP TABLE probes;
DROP TABLE file_days;
