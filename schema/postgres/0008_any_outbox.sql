-- Marks of events from an outbox table of the application's own, which may have no sequence.
ALTER TABLE public.outbox_processed ALTER COLUMN sequence DROP NOT NULL;

-- Marks by age, for the purge, where migration 5 was not applied: it belongs to our own outbox table.
DO $$
BEGIN
    IF to_regclass('public.outbox_processed_age') IS NULL THEN
        CREATE INDEX outbox_marks_age ON public.outbox_processed (processed_at);
    END IF;
END
$$;
