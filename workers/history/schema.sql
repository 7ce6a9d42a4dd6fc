-- The read model: everything here can be thrown away and read again from the log.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;

CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- Next offset to take of each input partition; moves only in the transaction that stores what it led to (compare and set).
CREATE TABLE IF NOT EXISTS position (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)) STRICT;

CREATE TABLE IF NOT EXISTS decision (
  decision_id TEXT PRIMARY KEY, person_key TEXT NOT NULL, sequence INTEGER NOT NULL,
  region TEXT NOT NULL, setl_id TEXT NOT NULL, measure TEXT NOT NULL, year INTEGER NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL, stamp INTEGER NOT NULL, body BLOB NOT NULL,
  UNIQUE (person_key, sequence)) STRICT;
CREATE INDEX IF NOT EXISTS decision_of_bill ON decision (setl_id, region);

-- Decisions whose predecessors have not come: they wait, page somebody, and hold nobody else.
CREATE TABLE IF NOT EXISTS waiting (
  person_key TEXT NOT NULL, sequence INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (person_key, sequence)) STRICT;

CREATE TABLE IF NOT EXISTS person (person_key TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS bill (
  region TEXT NOT NULL, setl_id TEXT NOT NULL, person_key TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
  decision_id TEXT NOT NULL, layers TEXT NOT NULL, PRIMARY KEY (region, setl_id, person_key)) STRICT;
CREATE INDEX IF NOT EXISTS bill_of_person ON bill (person_key);

CREATE TABLE IF NOT EXISTS accumulated (
  person_key TEXT NOT NULL, year INTEGER NOT NULL, measure TEXT NOT NULL, counters TEXT NOT NULL,
  sequence INTEGER NOT NULL, PRIMARY KEY (person_key, year, measure)) STRICT;

CREATE TABLE IF NOT EXISTS outcome (
  partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, outcome TEXT NOT NULL, person_key TEXT, body BLOB NOT NULL,
  PRIMARY KEY (partition, "offset")) STRICT;

CREATE TABLE IF NOT EXISTS task (
  task_id TEXT PRIMARY KEY, person_key TEXT, kind TEXT, opened BLOB, closed BLOB) STRICT;

CREATE TABLE IF NOT EXISTS alert (
  alert_id TEXT PRIMARY KEY, person_key TEXT, kind TEXT NOT NULL, body BLOB NOT NULL) STRICT;

-- The book of office orders: who ordered what, once; the answer stands in `outcome` under the place where it came first.
CREATE TABLE IF NOT EXISTS office_order (
  partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, order_id TEXT NOT NULL, person_key TEXT,
  author TEXT NOT NULL, second_signer TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (order_id, body)) STRICT;
CREATE INDEX IF NOT EXISTS order_of_person ON office_order (person_key);

-- What was stated of a person (identities, opening balances, transfers), at its place in the journal.
CREATE TABLE IF NOT EXISTS fact (
  partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, person_key TEXT NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (person_key, body)) STRICT;

-- Bills that went from one key of a person to another; decision_id is the last one they had there.
CREATE TABLE IF NOT EXISTS bill_move (
  partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, from_key TEXT NOT NULL, to_key TEXT NOT NULL,
  serial INTEGER NOT NULL, region TEXT NOT NULL, setl_id TEXT NOT NULL, decision_id TEXT,
  PRIMARY KEY (from_key, to_key, serial, region, setl_id)) STRICT;
CREATE INDEX IF NOT EXISTS move_to ON bill_move (to_key);

-- Settlement records of the journal by the names they give, each once, at its first place; a name not given is ''.
-- It says whose a bill is, and which bill a message means.
CREATE TABLE IF NOT EXISTS said (
  partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, type TEXT NOT NULL, region TEXT NOT NULL,
  setl_id TEXT NOT NULL, person_key TEXT NOT NULL, institution_code TEXT NOT NULL, msgid TEXT NOT NULL,
  own_id TEXT NOT NULL,
  PRIMARY KEY (setl_id, region, person_key, type, institution_code, msgid, own_id)) STRICT;
CREATE INDEX IF NOT EXISTS said_by_message ON said (msgid, region) WHERE msgid <> '';
CREATE INDEX IF NOT EXISTS said_by_own_id ON said (own_id, region) WHERE own_id <> '';
-- Whole only in a file that was fed from the beginning with this table in it.
INSERT INTO meta SELECT 'said', 'whole' WHERE NOT EXISTS (SELECT 1 FROM position) ON CONFLICT DO NOTHING;

-- Where in each journal partition a business date was closed: what stands before it was known on that date.
CREATE TABLE IF NOT EXISTS closed_day (
  partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, date TEXT NOT NULL, stamp INTEGER NOT NULL, PRIMARY KEY (partition, date)) STRICT;

-- Every cap table as it was published, as far as compaction has left it to be read; stamp: of what caused it, ms.
CREATE TABLE IF NOT EXISTS cap_table (
  partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, person_key TEXT NOT NULL, year INTEGER NOT NULL,
  measure TEXT NOT NULL, sequence INTEGER NOT NULL, stamp INTEGER NOT NULL, counters TEXT NOT NULL,
  PRIMARY KEY (person_key, year, measure, sequence, counters)) STRICT;
CREATE INDEX IF NOT EXISTS outcome_of_person ON outcome (person_key);

CREATE TABLE IF NOT EXISTS rulebook (hash TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;

-- Live totals, exact: changed in the transaction that stores a decision for the first time. Amounts in fen.
CREATE TABLE IF NOT EXISTS total (
  measure TEXT NOT NULL, year INTEGER NOT NULL, layer TEXT NOT NULL, amount INTEGER NOT NULL,
  PRIMARY KEY (measure, year, layer)) STRICT;
-- The same by who is paid: only hospital, person and recovery are money of ours.
CREATE TABLE IF NOT EXISTS posted (
  measure TEXT NOT NULL, year INTEGER NOT NULL, payee TEXT NOT NULL, amount INTEGER NOT NULL,
  PRIMARY KEY (measure, year, payee)) STRICT;
CREATE TABLE IF NOT EXISTS tally (
  name TEXT NOT NULL, label TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (name, label)) STRICT;
