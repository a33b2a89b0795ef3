-- outbox_append says what is wrong with an argument, and what is allowed. What it does stays as it was; the table's own
-- constraints still hold for every row.
CREATE OR REPLACE FUNCTION public.outbox_append(
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
DECLARE
    problem text;
    allowed text;
BEGIN
    CASE
        WHEN outbox_append.aggregate_type IS NULL OR outbox_append.aggregate_type !~ '^[a-z0-9][a-z0-9._-]*$'
             OR length(outbox_append.aggregate_type) > 64 THEN
            problem := 'outbox_append: aggregate_type is not a valid name';
            allowed := 'Use 1 to 64 lower-case letters, digits, ".", "_" and "-", beginning with a letter or a digit.';
        WHEN coalesce(outbox_append.aggregate_id, '') = '' OR length(outbox_append.aggregate_id) > 128 THEN
            problem := format('outbox_append: aggregate_id has %s characters',
                              coalesce(length(outbox_append.aggregate_id), 0));
            allowed := 'Use 1 to 128 characters.';
        WHEN coalesce(outbox_append.event_type, '') = '' OR length(outbox_append.event_type) > 128 THEN
            problem := format('outbox_append: event_type has %s characters',
                              coalesce(length(outbox_append.event_type), 0));
            allowed := 'Use 1 to 128 characters: EventBridge allows 128 for a detail-type.';
        WHEN outbox_append.payload IS NULL THEN
            problem := 'outbox_append: payload is null';
            allowed := 'Pass a JSON document; an event without content has the payload ''{}''.';
        -- Only what is large at all is written out to be measured.
        WHEN pg_column_size(outbox_append.payload) > 16384 AND octet_length(outbox_append.payload::text) > 491520 THEN
            problem := format('outbox_append: payload has %s bytes', octet_length(outbox_append.payload::text));
            allowed := 'At most 480 KiB (491,520 bytes) as text: keep larger content elsewhere, and send a reference to it.';
        WHEN length(outbox_append.traceparent) > 55 THEN
            problem := format('outbox_append: traceparent has %s characters', length(outbox_append.traceparent));
            allowed := 'Pass a W3C traceparent, which has 55 characters, or null.';
        WHEN outbox_append.schema_version IS NULL OR outbox_append.schema_version < 1 THEN
            problem := 'outbox_append: schema_version is not a positive number';
            allowed := 'Count versions from 1.';
        ELSE
            NULL;
    END CASE;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = problem, HINT = allowed;
    END IF;

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
