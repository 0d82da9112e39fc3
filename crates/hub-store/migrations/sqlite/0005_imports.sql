-- How far an import from a database of the originals has got, so that one that was cut off goes on.
CREATE TABLE hub_imports (
    source TEXT PRIMARY KEY,
    step TEXT NOT NULL,
    after_id BLOB,
    at TEXT NOT NULL
) STRICT;
