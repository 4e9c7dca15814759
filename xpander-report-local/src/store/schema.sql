-- Times are microseconds since 1970 in UTC.

-- Each name that many rows share is stored once.
CREATE TABLE organizations (
    key INTEGER PRIMARY KEY,
    id  TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE agents (
    key          INTEGER PRIMARY KEY,
    organization INTEGER NOT NULL,
    id           TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    UNIQUE (organization, id)
) STRICT;

CREATE TABLE models (
    key  INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE -- its start, if it is very long
) STRICT;

CREATE TABLE tools (
    key  INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE -- its start, if it is very long
) STRICT;

-- The columns that lists and sums read. The key is the time of creation, moved on if another task has that key. So
-- every index is in the order of time.
CREATE TABLE tasks (
    seq                INTEGER PRIMARY KEY,
    organization       INTEGER NOT NULL,
    agent              INTEGER NOT NULL,
    status             TEXT    NOT NULL,
    updated_at         INTEGER NOT NULL,
    started_at         INTEGER,
    finished_at        INTEGER,
    duration           REAL,    -- seconds
    completion_tokens  INTEGER, -- all five token counts are null, or none is
    prompt_tokens      INTEGER,
    cache_read_tokens  INTEGER,
    cache_write_tokens INTEGER,
    total_tokens       INTEGER,
    cost               INTEGER, -- billionths of a dollar; null when it is not known
    tool_calls         INTEGER NOT NULL,
    id                 TEXT    NOT NULL,
    user_id            TEXT,
    parent_task_id     TEXT,
    triggering_agent_id TEXT,
    internal_status    TEXT,
    source             TEXT,
    title              TEXT,
    models             TEXT,    -- a JSON array of names; null when there are none
    tools_start        TEXT,    -- a JSON array of names; all of it, unless texts has more
    input_start        TEXT,    -- likewise
    result_start       TEXT,    -- likewise
    UNIQUE (id, organization)
) STRICT;

-- Covering indexes: each has all columns that sums read.
CREATE INDEX tasks_facts ON tasks (seq, status, agent, organization, duration, total_tokens, cost);
CREATE INDEX tasks_of_agent ON tasks (agent, seq, status, duration, total_tokens, cost);
CREATE INDEX tasks_of_status ON tasks (status, seq, agent, duration, total_tokens, cost);
CREATE INDEX tasks_of_user ON tasks (user_id) WHERE user_id IS NOT NULL;

-- The texts that are longer than their starts, and the fields that only a task's own page shows.
CREATE TABLE texts (
    task       INTEGER PRIMARY KEY,
    input      TEXT,
    result     TEXT,
    used_tools TEXT,
    details    TEXT  -- a JSON object
) STRICT;

-- Raw responses are large and rarely read.
CREATE TABLE responses (
    task    INTEGER PRIMARY KEY,
    charges TEXT,         -- what each response costs: a JSON array; it comes first, since the body may be large
    body    TEXT NOT NULL -- JSON as it came
) STRICT;

CREATE TABLE revisions (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    task        INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    agent       INTEGER NOT NULL,
    status      TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    changes     TEXT,             -- a JSON array
    body        TEXT    NOT NULL  -- the request's body as it came
) STRICT;

CREATE INDEX task_revisions ON revisions (task);

CREATE TABLE task_tools (
    tool INTEGER NOT NULL,
    task INTEGER NOT NULL,
    PRIMARY KEY (tool, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_models (
    model INTEGER NOT NULL,
    task  INTEGER NOT NULL,
    PRIMARY KEY (model, task)
) STRICT, WITHOUT ROWID;

-- The facts are words by which a search can be filtered: search_index.rs. The short prefixes have indexes of their own.
-- Without them, FTS5 would have to merge the tasks of all words with such a prefix.
CREATE VIRTUAL TABLE search USING fts5 (
    input, result, facts, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2",
    prefix = '1 2 3 4'
);

-- The words of the index in their order: search.rs.
CREATE VIRTUAL TABLE words USING fts5vocab (search, instance);

-- Merging later takes less time in all, and searches do not notice it.
INSERT INTO search (search, rank) VALUES ('automerge', 8);

-- The latest revision whose task's texts are in the index.
CREATE TABLE indexed (
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO indexed VALUES (0);

-- Sums over the tasks that were created in an hour (counted since 1970, in UTC). Durations are a histogram:
-- model/histogram.rs.
CREATE TABLE hours_of_agents (
    hour              INTEGER NOT NULL,
    agent             INTEGER NOT NULL,
    requests          INTEGER NOT NULL,
    completed         INTEGER NOT NULL,
    failed            INTEGER NOT NULL,
    tool_calls        INTEGER NOT NULL,
    prompt_tokens     REAL    NOT NULL,
    completion_tokens REAL    NOT NULL,
    cost              INTEGER NOT NULL, -- billionths of a dollar
    unpriced          INTEGER NOT NULL,
    durations         BLOB    NOT NULL,
    PRIMARY KEY (hour, agent)
) STRICT, WITHOUT ROWID;

-- A task counts once for each tool that it used; its calls of the tool are the tool calls.
CREATE TABLE hours_of_tools (
    hour              INTEGER NOT NULL,
    tool              INTEGER NOT NULL,
    requests          INTEGER NOT NULL,
    completed         INTEGER NOT NULL,
    failed            INTEGER NOT NULL,
    tool_calls        INTEGER NOT NULL,
    prompt_tokens     REAL    NOT NULL,
    completion_tokens REAL    NOT NULL,
    cost              INTEGER NOT NULL, -- billionths of a dollar
    unpriced          INTEGER NOT NULL,
    durations         BLOB    NOT NULL,
    PRIMARY KEY (hour, tool)
) STRICT, WITHOUT ROWID;

-- A task counts once for each model that answered, with the tokens and the cost of that model's responses.
CREATE TABLE hours_of_models (
    hour              INTEGER NOT NULL,
    model             INTEGER NOT NULL,
    requests          INTEGER NOT NULL,
    completed         INTEGER NOT NULL,
    failed            INTEGER NOT NULL,
    tool_calls        INTEGER NOT NULL,
    prompt_tokens     REAL    NOT NULL,
    completion_tokens REAL    NOT NULL,
    cost              INTEGER NOT NULL, -- billionths of a dollar
    unpriced          INTEGER NOT NULL,
    durations         BLOB    NOT NULL,
    PRIMARY KEY (hour, model)
) STRICT, WITHOUT ROWID;
