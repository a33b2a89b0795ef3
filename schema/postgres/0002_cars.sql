-- The sample domain.

CREATE TABLE cars (
    id         uuid         PRIMARY KEY DEFAULT gen_random_uuid(),
    make       varchar(100) NOT NULL,
    model      varchar(100) NOT NULL,
    year       integer      NOT NULL CHECK (year BETWEEN 1885 AND 2100),
    mileage    integer      NOT NULL DEFAULT 0 CHECK (mileage >= 0),
    created_at timestamptz  NOT NULL DEFAULT now(),
    updated_at timestamptz  NOT NULL DEFAULT now()
);
