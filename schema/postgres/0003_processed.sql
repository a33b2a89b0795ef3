-- The inbox of stream consumers: which events took effect, once each, whatever is delivered how often.

-- One row an event and consumer group. It is written in the statement that marks the outbox row, so that neither is ever
-- there without the other; the primary key makes a redelivered record mark once.
CREATE TABLE outbox_processed (
    consumer        varchar(64)  NOT NULL,
    event_id        uuid         NOT NULL,
    -- With `xact` the order in which the log is followed: a reader that takes only rows below its snapshot's xmin
    -- misses none, though transactions commit in another order than that of their numbers.
    position        bigint       GENERATED ALWAYS AS IDENTITY,
    xact            xid8         NOT NULL DEFAULT pg_current_xact_id(),
    aggregate_type  varchar(64)  NOT NULL,
    aggregate_id    varchar(128) NOT NULL,
    event_type      varchar(128) NOT NULL,
    sequence        bigint       NOT NULL,
    -- Where the event stood in the stream.
    shard_id        varchar(128) NOT NULL,
    sequence_number varchar(128) NOT NULL,
    -- False where the event was given up; `outbox_failures` then says why.
    succeeded       boolean      NOT NULL,
    -- How often the event was tried.
    attempts        integer      NOT NULL CHECK (attempts > 0),
    committed_at    timestamptz  NOT NULL,
    processed_at    timestamptz  NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, event_id)
);

CREATE INDEX outbox_processed_order ON outbox_processed (xact, position);

-- What could not be processed, with everything that is needed to look into it and to try again.
CREATE TABLE outbox_failures (
    id              bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer        varchar(64)  NOT NULL,
    stream          varchar(128) NOT NULL,
    shard_id        varchar(128) NOT NULL,
    sequence_number varchar(128) NOT NULL,
    partition_key   text         NOT NULL,
    -- Null where the record is no event that could be read.
    event_id        uuid,
    reason          text         NOT NULL,
    attempts        integer      NOT NULL,
    -- The record as it came.
    payload         bytea        NOT NULL,
    failed_at       timestamptz  NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (consumer, stream, shard_id, sequence_number)
);
