-- The outbox: what a transaction wants the world to know, written in that same transaction.

CREATE TABLE outbox (
    id             uuid         PRIMARY KEY DEFAULT gen_random_uuid(),
    aggregate_type varchar(64)  NOT NULL CHECK (aggregate_type ~ '^[a-z0-9][a-z0-9._-]*$'),
    aggregate_id   varchar(128) NOT NULL CHECK (aggregate_id <> ''),
    -- EventBridge takes a detail-type of at most 128 characters.
    event_type     varchar(128) NOT NULL CHECK (event_type <> ''),
    -- DMS carries jsonb as a JSON string inside a record of at most 1 MiB; escaping at most doubles it.
    payload        jsonb        NOT NULL CHECK (octet_length(payload::text) <= 491520),
    -- Position within the aggregate, from 1, without gaps: allotted by outbox_append.
    sequence       bigint       NOT NULL CHECK (sequence > 0),
    -- W3C Trace Context.
    traceparent    varchar(55),
    schema_version integer      NOT NULL DEFAULT 1 CHECK (schema_version > 0),
    created_at     timestamptz  NOT NULL DEFAULT clock_timestamp(),
    -- Set by consumers that confirm delivery row by row; null where delivery is proved downstream.
    processed_at   timestamptz,
    UNIQUE (aggregate_type, aggregate_id, sequence)
);

-- The oldest row that nobody has confirmed, at once, however many rows are done.
CREATE INDEX outbox_unprocessed ON outbox (created_at) WHERE processed_at IS NULL;

-- The last sequence of every aggregate. One row is locked from the append to the end of its transaction.
CREATE TABLE outbox_sequences (
    aggregate_type varchar(64)  NOT NULL,
    aggregate_id   varchar(128) NOT NULL,
    last           bigint       NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id)
) WITH (fillfactor = 70);

-- Appends one event and allots its sequence. The upsert locks the aggregate's counter until the transaction ends, so
-- two transactions on one aggregate commit in the order of their sequences, and a rolled-back one leaves no gap.
-- It runs with its owner's rights: a writer may append, and can neither choose a sequence nor change what is written.
CREATE FUNCTION outbox_append(
    aggregate_type varchar,
    aggregate_id   varchar,
    event_type     varchar,
    payload        jsonb,
    traceparent    varchar DEFAULT NULL,
    schema_version integer DEFAULT 1,
    id             uuid    DEFAULT gen_random_uuid(),
    OUT event_id   uuid,
    OUT sequence   bigint,
    OUT created_at timestamptz
)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO public.outbox_sequences AS counter (aggregate_type, aggregate_id, last)
    VALUES (outbox_append.aggregate_type, outbox_append.aggregate_id, 1)
    ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET last = counter.last + 1
    RETURNING counter.last INTO outbox_append.sequence;

    INSERT INTO public.outbox AS row (id, aggregate_type, aggregate_id, event_type, payload, sequence, traceparent,
                                      schema_version)
    VALUES (outbox_append.id, outbox_append.aggregate_type, outbox_append.aggregate_id, outbox_append.event_type,
            outbox_append.payload, outbox_append.sequence, outbox_append.traceparent, outbox_append.schema_version)
    RETURNING row.id, row.created_at INTO outbox_append.event_id, outbox_append.created_at;
END
$$;

REVOKE ALL ON FUNCTION outbox_append FROM PUBLIC;
