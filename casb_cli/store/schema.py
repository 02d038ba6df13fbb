"""The statements that make the databases. A published step never changes; a new one is appended.

Times are milliseconds since the epoch. Instances, kinds and partitions are small integers, so that a row
costs its id and its body. Bodies are MessagePack arrays of a kind's fields, in the order that `layouts` records.
"""

from __future__ import annotations

STORE_1: tuple[str, ...] = (
    "CREATE TABLE instances (inst INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE)",
    """CREATE TABLE sets (
        set_id INTEGER PRIMARY KEY,
        inst INTEGER NOT NULL REFERENCES instances,
        kind TEXT NOT NULL,
        UNIQUE (inst, kind))""",
    """CREATE TABLE layouts (
        layout INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        fields TEXT NOT NULL,
        UNIQUE (kind, fields))""",
    # What is there now. `seen` is the last listing that saw the row: its only mark while it stays unchanged.
    # `exposure` orders files for inspection, `todo` is 1 while one waits for it.
    """CREATE TABLE objects (
        oid INTEGER PRIMARY KEY,
        set_id INTEGER NOT NULL,
        id TEXT NOT NULL,
        part INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        since INTEGER NOT NULL,
        layout INTEGER NOT NULL,
        exposure INTEGER,
        todo INTEGER NOT NULL,
        body BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX objects_by_id ON objects (set_id, id)",
    "CREATE INDEX objects_by_part ON objects (part)",
    "CREATE INDEX objects_to_inspect ON objects (set_id, exposure) WHERE todo = 1 AND exposure < 2",
    # What was there before: closed versions only.
    """CREATE TABLE past (
        set_id INTEGER NOT NULL,
        id TEXT NOT NULL,
        valid_from INTEGER NOT NULL,
        valid_to INTEGER NOT NULL,
        layout INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (set_id, id, valid_from)) WITHOUT ROWID""",
    "CREATE INDEX past_by_end ON past (set_id, valid_to)",
    """CREATE TRIGGER objects_keep_past AFTER UPDATE OF body ON objects WHEN old.body IS NOT new.body
        BEGIN
            INSERT OR REPLACE INTO past (set_id, id, valid_from, valid_to, layout, body)
            VALUES (old.set_id, old.id, old.since, new.since, old.layout, old.body);
        END""",
    """CREATE TABLE listings (
        listing INTEGER PRIMARY KEY,
        inst INTEGER NOT NULL REFERENCES instances,
        ability TEXT NOT NULL,
        started INTEGER NOT NULL,
        ended INTEGER,
        state TEXT NOT NULL)""",
    "CREATE INDEX listings_of ON listings (inst, ability, listing)",
    # `known` is 1 where an earlier listing had the part already, so that it may hold rows now gone.
    """CREATE TABLE parts (
        part INTEGER PRIMARY KEY,
        inst INTEGER NOT NULL REFERENCES instances,
        ability TEXT NOT NULL,
        key TEXT NOT NULL,
        parent INTEGER,
        listing INTEGER NOT NULL,
        state TEXT NOT NULL,
        known INTEGER NOT NULL DEFAULT 0,
        exposure INTEGER NOT NULL,
        cursor TEXT,
        data BLOB NOT NULL,
        rows INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        retry_at INTEGER,
        error TEXT,
        UNIQUE (inst, ability, key))""",
    "CREATE INDEX parts_queue ON parts (listing, state, exposure, part)",
    "CREATE INDEX parts_below ON parts (parent) WHERE parent IS NOT NULL",
    """CREATE TABLE notices (
        listing INTEGER NOT NULL,
        body BLOB NOT NULL,
        count INTEGER NOT NULL DEFAULT 1,
        PRIMARY KEY (listing, body)) WITHOUT ROWID""",
    """CREATE TABLE events (
        eid INTEGER PRIMARY KEY,
        inst INTEGER NOT NULL,
        id TEXT NOT NULL,
        time INTEGER NOT NULL,
        layout INTEGER NOT NULL,
        body BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX events_by_id ON events (inst, id)",
    "CREATE INDEX events_by_time ON events (inst, time)",
    """CREATE TABLE runs (
        run INTEGER PRIMARY KEY AUTOINCREMENT,
        inst INTEGER NOT NULL REFERENCES instances,
        job TEXT NOT NULL,
        cause TEXT NOT NULL,
        started INTEGER NOT NULL,
        ended INTEGER,
        state TEXT NOT NULL,
        exit_code INTEGER,
        counts TEXT,
        statement TEXT)""",
    "CREATE INDEX runs_of ON runs (inst, run)",
    """CREATE TABLE expected (
        inst INTEGER NOT NULL REFERENCES instances,
        ability TEXT NOT NULL,
        PRIMARY KEY (inst, ability)) WITHOUT ROWID""",
    """CREATE TABLE cursors (
        inst INTEGER NOT NULL REFERENCES instances,
        name TEXT NOT NULL,
        cursor TEXT NOT NULL,
        saved INTEGER NOT NULL,
        PRIMARY KEY (inst, name)) WITHOUT ROWID""",
    """CREATE TABLE inspections (
        inst INTEGER NOT NULL,
        id TEXT NOT NULL,
        content TEXT,
        detectors TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        retry_at INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        at INTEGER NOT NULL,
        PRIMARY KEY (inst, id)) WITHOUT ROWID""",
    "CREATE INDEX inspections_retry ON inspections (inst, retry_at) WHERE retry_at IS NOT NULL",
    "CREATE INDEX inspections_content ON inspections (inst, content) WHERE content IS NOT NULL",
    """CREATE TABLE findings (
        inst INTEGER NOT NULL,
        id TEXT NOT NULL,
        scope TEXT NOT NULL,
        detector TEXT,
        severity INTEGER,
        confidence TEXT,
        count INTEGER,
        excerpt TEXT,
        place TEXT,
        file TEXT,
        file_ref TEXT,
        sharing TEXT,
        unknown TEXT NOT NULL,
        first_seen INTEGER NOT NULL,
        last_seen INTEGER NOT NULL,
        resolved INTEGER,
        suppressed INTEGER,
        suppressed_until INTEGER,
        suppressed_why TEXT,
        PRIMARY KEY (inst, id)) WITHOUT ROWID""",
    "CREATE INDEX findings_by_scope ON findings (inst, scope)",
    """CREATE TABLE protected (
        inst INTEGER NOT NULL REFERENCES instances,
        target TEXT NOT NULL,
        name TEXT NOT NULL,
        why TEXT NOT NULL,
        added INTEGER NOT NULL,
        PRIMARY KEY (inst, target)) WITHOUT ROWID""",
    """CREATE TABLE rates (
        inst INTEGER NOT NULL REFERENCES instances,
        scope TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (inst, scope)) WITHOUT ROWID""",
    """CREATE TABLE budgets (
        inst INTEGER NOT NULL REFERENCES instances,
        budget TEXT NOT NULL,
        period TEXT NOT NULL,
        used INTEGER NOT NULL,
        PRIMARY KEY (inst, budget, period)) WITHOUT ROWID""",
)

STORE_2: tuple[str, ...] = (
    """CREATE TABLE suppressions (
        fingerprint TEXT PRIMARY KEY,
        why TEXT NOT NULL,
        added INTEGER NOT NULL,
        until INTEGER) WITHOUT ROWID""",
)

STORE_3: tuple[str, ...] = (
    # Where a suppressed match was met last.
    "ALTER TABLE suppressions ADD COLUMN detector TEXT",
    "ALTER TABLE suppressions ADD COLUMN file TEXT",
)

STORE_4: tuple[str, ...] = (
    # What a scan should deliver is kept with the instance's configuration.
    "DROP TABLE expected",
)

STORE_5: tuple[str, ...] = (
    # `missed` is 1 where text of a file was not looked at, 0 where it has none that was missed; `remedies`, a line
    # each, would read what was left out.
    "ALTER TABLE inspections ADD COLUMN detail TEXT",
    "ALTER TABLE inspections ADD COLUMN missed INTEGER",
    "ALTER TABLE inspections ADD COLUMN remedies TEXT",
    "CREATE INDEX inspections_missed ON inspections (inst, state, reason) WHERE missed = 1",
)

JOURNAL_1: tuple[str, ...] = (
    """CREATE TABLE entries (
        seq INTEGER PRIMARY KEY,
        time TEXT NOT NULL,
        run TEXT NOT NULL,
        action TEXT NOT NULL,
        instance TEXT NOT NULL,
        target TEXT NOT NULL,
        event TEXT NOT NULL,
        body TEXT NOT NULL,
        hash BLOB NOT NULL)""",
    "CREATE INDEX entries_by_action ON entries (action)",
    "CREATE INDEX entries_by_run ON entries (run)",
    "CREATE INDEX entries_by_target ON entries (instance, target)",
    "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL)",
    """CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER entries_remain BEFORE DELETE ON entries
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
)
