-- What a consumer had before it: a digest of the event's content (outbox/digest.rs), so that `reconcile` can tell one that
-- was altered on the way. Null on marks of before.
ALTER TABLE outbox_processed ADD COLUMN digest bytea CHECK (octet_length(digest) = 16);
