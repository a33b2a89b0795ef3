-- The rule of the API: one `@`, with text on both sides, and no white space. Rows from before are not checked.
ALTER TABLE public.people DROP CONSTRAINT IF EXISTS people_email_check;
ALTER TABLE public.people
    ADD CONSTRAINT people_email_check CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$') NOT VALID;
