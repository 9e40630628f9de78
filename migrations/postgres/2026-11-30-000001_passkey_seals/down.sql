DROP TABLE passkey_seals;
