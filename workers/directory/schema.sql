-- One file, mode 0600, in the guarded zone. Standard SQL but for the blob literals of SQLite.
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS person (
  id INTEGER PRIMARY KEY,
  region TEXT NOT NULL,                 -- the platform that issued the number
  psn_no TEXT NOT NULL,
  UNIQUE (region, psn_no)
);
CREATE TABLE IF NOT EXISTS certificate (
  id INTEGER PRIMARY KEY,
  blind BLOB NOT NULL UNIQUE,           -- HMAC-SM3 of region, kind, number
  sealed BLOB NOT NULL,                 -- AES-256-GCM of the same
  person INTEGER REFERENCES person (id) -- null: seen on a list, not resolved yet
);
CREATE INDEX IF NOT EXISTS certificate_person ON certificate (person);
