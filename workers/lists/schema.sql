-- Standard SQL but for two words of SQLite (PRAGMA, WITHOUT ROWID). People stand here as ids of the directory, never as numbers.
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- One monthly series: the lists of one kind that a department sends for a county.
CREATE TABLE IF NOT EXISTS series (
  id INTEGER PRIMARY KEY,
  region TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, county TEXT NOT NULL,
  UNIQUE (region, source, kind, county)
);

-- The register: every list that was taken in hand. state: current (complete, in force), superseded (by a later text of the
-- same month), withdrawn (its month was taken back), open (no closing line, or it does not fit), refused (wrong lines),
-- waiting (a person has to confirm).
CREATE TABLE IF NOT EXISTS list (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL REFERENCES series (id),
  period TEXT NOT NULL,                 -- YYYYMM
  state TEXT NOT NULL,
  form TEXT NOT NULL,                   -- csv, xlsx, ndjson, topic
  taken_ms INTEGER NOT NULL,
  lines INTEGER NOT NULL, digest TEXT NOT NULL,
  wrong INTEGER NOT NULL, unresolved INTEGER NOT NULL,
  added INTEGER NOT NULL, changed INTEGER NOT NULL, ended INTEGER NOT NULL, withdrawn INTEGER NOT NULL,
  note TEXT NOT NULL,
  rules_version INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS list_of_series ON list (series, period);
CREATE UNIQUE INDEX IF NOT EXISTS one_current ON list (series, period) WHERE state = 'current';

-- Lines of complete lists. person is null until the directory resolves the certificate.
CREATE TABLE IF NOT EXISTS line (
  list INTEGER NOT NULL REFERENCES list (id),
  number INTEGER NOT NULL,
  certificate INTEGER,
  person INTEGER,
  identity TEXT NOT NULL,
  facts TEXT NOT NULL,
  PRIMARY KEY (list, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS line_of_person ON line (person, list);
CREATE INDEX IF NOT EXISTS line_unresolved ON line (certificate, list) WHERE person IS NULL;

-- What was last stated of each recognition of a person; run: its place among the person's recognitions of this identity.
CREATE TABLE IF NOT EXISTS held (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL REFERENCES series (id),
  person INTEGER NOT NULL,
  identity TEXT NOT NULL,
  run INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  body TEXT NOT NULL,                   -- the event without revision, month and person
  UNIQUE (series, person, identity, run)
);

-- The outbox, in the order of publication; afterwards the record of what each list changed.
CREATE TABLE IF NOT EXISTS change (
  seq INTEGER PRIMARY KEY,
  list INTEGER NOT NULL REFERENCES list (id),
  topic TEXT NOT NULL,                  -- short name
  what TEXT NOT NULL,                   -- added, changed, ended, withdrawn, closed, task_opened, task_closed
  person INTEGER,                       -- of the directory; its number is put in when it is published
  key TEXT NOT NULL,                    -- record key where there is no person
  body TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  published_ms INTEGER
);
CREATE INDEX IF NOT EXISTS change_unpublished ON change (seq) WHERE published_ms IS NULL;
CREATE INDEX IF NOT EXISTS change_of_list ON change (list, what);

-- Lines that the directory cannot resolve, one task for a certificate of a series.
CREATE TABLE IF NOT EXISTS task (
  task_id TEXT PRIMARY KEY,
  series INTEGER NOT NULL REFERENCES series (id),
  certificate INTEGER NOT NULL,
  list INTEGER NOT NULL,
  number INTEGER NOT NULL,
  closed INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS one_open_task ON task (series, certificate) WHERE closed = 0;

-- Lists that come line by line (feed list.reported), until they are taken. state: receiving, closed (to be taken), open,
-- refused, waiting (as in list), done.
CREATE TABLE IF NOT EXISTS incoming_list (
  list_id TEXT PRIMARY KEY,
  head TEXT NOT NULL,                   -- region, source, kind, county, month: the same in all its records
  state TEXT NOT NULL,
  stated_count INTEGER, stated_digest TEXT,
  at_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS incoming (
  list_id TEXT NOT NULL REFERENCES incoming_list (list_id),
  number INTEGER NOT NULL,
  person INTEGER NOT NULL,              -- of the directory
  cells TEXT NOT NULL,                  -- identity and facts, JSON
  PRIMARY KEY (list_id, number)
) WITHOUT ROWID;
