-- The sample domain of rds-kinesis.

CREATE TABLE people (
    id         uuid         PRIMARY KEY DEFAULT gen_random_uuid(),
    name       varchar(200) NOT NULL CHECK (name <> ''),
    email      varchar(254) NOT NULL CHECK (email LIKE '_%@_%'),
    -- Counts changes, from 1.
    revision   integer      NOT NULL DEFAULT 1 CHECK (revision > 0),
    created_at timestamptz  NOT NULL DEFAULT now(),
    updated_at timestamptz  NOT NULL DEFAULT now()
);
