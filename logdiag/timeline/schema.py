"""The tables and views, as SQL. docs/schema.md describes them; a test holds the two together.

Names are stored as plain text: interning kinds, patterns, clients and paths by integer keys made
the file a quarter smaller and the commit no faster, and every question would need a join.
"""

from __future__ import annotations

APPLICATION_ID = 0x6C6F6764  # "logd", in the header of every SQLite file that is ours

# Times are nanoseconds; integer division truncates, so times before 1970 are floored by hand.
_SECONDS = "({0} - (({0} % 1000000000) + 1000000000) % 1000000000) / 1000000000"
_MILLIS = "((({0} % 1000000000) + 1000000000) % 1000000000) / 1000000"


def iso(column: str) -> str:
    """An SQL expression: the nanoseconds in `column` as ISO 8601 UTC text with milliseconds."""
    seconds, millis = _SECONDS.format(column), _MILLIS.format(column)
    return f"strftime('%Y-%m-%dT%H:%M:%S', {seconds}, 'unixepoch') || printf('.%03dZ', {millis})"


TABLES_1 = """
CREATE TABLE services (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    first_time INTEGER,
    last_time INTEGER,
    directories TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service INTEGER NOT NULL REFERENCES services (id),
    path TEXT NOT NULL,
    format TEXT NOT NULL DEFAULT '',
    lines INTEGER NOT NULL DEFAULT 0,
    recognised INTEGER NOT NULL DEFAULT 0,
    offset INTEGER NOT NULL DEFAULT 0,
    head_size INTEGER NOT NULL DEFAULT 0,
    head TEXT NOT NULL DEFAULT '',
    tail_size INTEGER NOT NULL DEFAULT 0,
    tail TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '0',
    inode TEXT NOT NULL DEFAULT '0',
    missed INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0,
    parser TEXT,
    notice TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE events (
    source INTEGER NOT NULL REFERENCES sources (id),
    offset INTEGER NOT NULL,
    line INTEGER NOT NULL,
    kind TEXT NOT NULL,
    time INTEGER,
    arrived INTEGER,
    connection TEXT,
    client TEXT,
    port INTEGER,
    user TEXT,
    agent TEXT,
    path TEXT,
    status INTEGER,
    code INTEGER,
    reason TEXT,
    total INTEGER,
    duration REAL,
    state INTEGER,
    recipients INTEGER,
    message TEXT,
    process TEXT,
    session TEXT,
    layer TEXT NOT NULL,
    pattern TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (source, offset)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_auth_failures ON events (source, time) WHERE kind = 'auth_failure';

CREATE INDEX events_restarts ON events (source, time)
    WHERE kind IN ('server_start', 'server_stop');

CREATE TABLE connections (
    service INTEGER NOT NULL REFERENCES services (id),
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    identity TEXT NOT NULL,
    state TEXT NOT NULL,
    process TEXT,
    layer TEXT NOT NULL,
    client TEXT,
    port INTEGER,
    user TEXT,
    path TEXT,
    opened_at INTEGER,
    closed_at INTEGER,
    opened_source INTEGER REFERENCES sources (id),
    opened_offset INTEGER,
    closed_source INTEGER REFERENCES sources (id),
    closed_offset INTEGER,
    code INTEGER,
    reason TEXT,
    client_key TEXT,
    pattern TEXT NOT NULL DEFAULT '',
    ordinal INTEGER NOT NULL DEFAULT 0,
    marks TEXT,
    PRIMARY KEY (service, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX connections_open ON connections (service, number)
    WHERE state IN ('connecting', 'open', 'closing');

CREATE TABLE transitions (
    id INTEGER PRIMARY KEY,
    service INTEGER NOT NULL REFERENCES services (id),
    connection INTEGER NOT NULL,
    state TEXT NOT NULL,
    time INTEGER,
    source INTEGER NOT NULL REFERENCES sources (id),
    offset INTEGER NOT NULL,
    live INTEGER NOT NULL
) STRICT;

CREATE INDEX transitions_of_connection ON transitions (service, connection);

CREATE TABLE minutes (
    service INTEGER NOT NULL REFERENCES services (id),
    minute INTEGER NOT NULL,
    opened INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    superseded INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    auth_failures INTEGER NOT NULL DEFAULT 0,
    low INTEGER,
    high INTEGER,
    first_step INTEGER,
    last_step INTEGER,
    PRIMARY KEY (service, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE echoes (
    source INTEGER NOT NULL REFERENCES sources (id),
    offset INTEGER NOT NULL,
    of_source INTEGER NOT NULL REFERENCES sources (id),
    of_offset INTEGER NOT NULL,
    PRIMARY KEY (source, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
    service INTEGER NOT NULL REFERENCES services (id),
    fingerprint TEXT NOT NULL,
    rule TEXT NOT NULL,
    title TEXT NOT NULL,
    level TEXT NOT NULL,
    confidence TEXT NOT NULL,
    state TEXT NOT NULL,
    grouped_by TEXT NOT NULL,
    count INTEGER NOT NULL,
    pending_at INTEGER,
    fired_at INTEGER,
    resolved_at INTEGER,
    cause TEXT NOT NULL,
    fix TEXT NOT NULL,
    note TEXT NOT NULL,
    connections TEXT NOT NULL,
    connections_total INTEGER NOT NULL,
    leak INTEGER NOT NULL,
    known_by TEXT NOT NULL,
    guards TEXT NOT NULL,
    links TEXT NOT NULL,
    PRIMARY KEY (service, fingerprint, count)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
    service INTEGER NOT NULL REFERENCES services (id),
    fingerprint TEXT NOT NULL,
    episode INTEGER NOT NULL,
    position INTEGER NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id),
    offset INTEGER NOT NULL,
    PRIMARY KEY (service, fingerprint, episode, position),
    FOREIGN KEY (service, fingerprint, episode)
        REFERENCES findings (service, fingerprint, count)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES sources (id),
    offset INTEGER NOT NULL,
    size INTEGER,
    reason TEXT NOT NULL,
    time INTEGER
) STRICT;

CREATE INDEX gaps_of_source ON gaps (source);

CREATE TABLE remarks (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE detector (
    service INTEGER PRIMARY KEY REFERENCES services (id),
    state TEXT NOT NULL
) STRICT;
"""

VIEWS_1 = f"""
CREATE VIEW lifecycles AS
SELECT
    s.name AS service, c.number, c.name, c.identity, c.state, c.process, c.layer,
    c.client, c.port, c.user, c.path,
    {iso("c.opened_at")} AS opened_at,
    {iso("c.closed_at")} AS closed_at,
    (coalesce(c.closed_at, s.last_time) - c.opened_at) / 1e9 AS seconds,
    os.path || ':' || oe.line AS opened_line,
    cs.path || ':' || ce.line AS closed_line,
    c.code, c.reason
FROM connections AS c
JOIN services AS s ON s.id = c.service
LEFT JOIN sources AS os ON os.id = c.opened_source
LEFT JOIN events AS oe ON oe.source = c.opened_source AND oe.offset = c.opened_offset
LEFT JOIN sources AS cs ON cs.id = c.closed_source
LEFT JOIN events AS ce ON ce.source = c.closed_source AND ce.offset = c.closed_offset;

CREATE VIEW open_connections AS
SELECT
    s.name AS service, c.number, c.name, c.identity, c.state, c.process, c.layer,
    c.client, c.port, c.user, c.path,
    {iso("c.opened_at")} AS opened_at,
    (s.last_time - c.opened_at) / 1e9 AS age_seconds,
    os.path || ':' || oe.line AS opened_line
FROM connections AS c
JOIN services AS s ON s.id = c.service
LEFT JOIN sources AS os ON os.id = c.opened_source
LEFT JOIN events AS oe ON oe.source = c.opened_source AND oe.offset = c.opened_offset
WHERE c.state IN ('connecting', 'open', 'closing');

CREATE VIEW live_over_time AS
SELECT t.id AS step, s.name AS service, {iso("t.time")} AS time, t.connection, t.state, t.live
FROM transitions AS t
JOIN services AS s ON s.id = t.service
ORDER BY t.id;

CREATE VIEW counted_events AS
SELECT
    s.name AS service, f.path AS file, {iso("e.time")} AS iso_time, e.*
FROM events AS e
JOIN sources AS f ON f.id = e.source
JOIN services AS s ON s.id = f.service
WHERE NOT EXISTS (SELECT 1 FROM echoes AS o WHERE o.source = e.source AND o.offset = e.offset);

CREATE VIEW evidence_lines AS
SELECT
    s.name AS service, n.rule, n.fingerprint, v.episode, v.position,
    f.path || ':' || e.line AS line,
    {iso("e.time")} AS time, e.kind, e.text
FROM evidence AS v
JOIN services AS s ON s.id = v.service
JOIN findings AS n
    ON n.service = v.service AND n.fingerprint = v.fingerprint AND n.count = v.episode
LEFT JOIN sources AS f ON f.id = v.source
LEFT JOIN events AS e ON e.source = v.source AND e.offset = v.offset
ORDER BY s.name, v.fingerprint, v.episode, v.position;
"""
