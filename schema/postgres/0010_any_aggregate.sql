-- Marks of events from an outbox table of the application's own, whose names may be longer than those of our table.
ALTER TABLE public.outbox_processed
    ALTER COLUMN aggregate_type TYPE text,
    ALTER COLUMN aggregate_id TYPE text,
    ALTER COLUMN event_type TYPE text;
