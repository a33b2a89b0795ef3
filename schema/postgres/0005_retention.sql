-- Time windows of the outbox: what a purge deletes, what a reconcile and a replay read.
CREATE INDEX outbox_created ON outbox (created_at);

-- Marks by age, for the purge.
CREATE INDEX outbox_processed_age ON outbox_processed (processed_at);
