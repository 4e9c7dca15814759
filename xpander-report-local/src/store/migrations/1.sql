-- Times are microseconds since 1970 in UTC.

CREATE TABLE agents (
    organization_id TEXT    NOT NULL,
    id              TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;

-- The long texts stand last, so that reading the other columns does not pass through them.
CREATE TABLE tasks (
    seq                INTEGER PRIMARY KEY,
    id                 TEXT    NOT NULL,
    organization_id    TEXT    NOT NULL,
    agent_id           TEXT    NOT NULL,
    status             TEXT    NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    started_at         INTEGER NOT NULL,
    finished_at        INTEGER NOT NULL,
    duration           REAL,    -- seconds
    completion_tokens  INTEGER, -- all five token counts are null, or none is
    prompt_tokens      INTEGER,
    cache_read_tokens  INTEGER,
    cache_write_tokens INTEGER,
    total_tokens       INTEGER,
    used_tools         TEXT,    -- a JSON array of names
    input              TEXT,
    result             TEXT,
    UNIQUE (id, organization_id)
) STRICT;

CREATE INDEX tasks_of_agent ON tasks (organization_id, agent_id, seq);
CREATE INDEX tasks_totals ON tasks (status, total_tokens);

-- Raw responses are large and rarely read.
CREATE TABLE responses (
    task INTEGER PRIMARY KEY REFERENCES tasks (seq) ON DELETE CASCADE,
    body TEXT NOT NULL -- JSON as it came
) STRICT;

CREATE TABLE revisions (
    seq         INTEGER PRIMARY KEY,
    task        INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE,
    agent_id    TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    body        TEXT    NOT NULL -- the request's body as it came
) STRICT;

CREATE INDEX revisions_of_task ON revisions (task, seq);
