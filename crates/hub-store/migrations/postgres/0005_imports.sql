-- How far an import from a database of the originals has got, so that one that was cut off goes on.
CREATE TABLE hub_imports (
    source varchar(64) PRIMARY KEY,
    step varchar(20) NOT NULL,
    after_id uuid,
    at timestamp NOT NULL
);
