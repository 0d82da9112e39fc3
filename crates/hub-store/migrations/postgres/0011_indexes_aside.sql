-- Indexes that an import has set aside, to be made anew when it is done or when a hub starts after it was killed.
CREATE TABLE hub_indexes_aside (
    name text PRIMARY KEY,
    definition text NOT NULL
);
