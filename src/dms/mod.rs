//! DMS: task control, and the record format (pure). Imports `aws`, `error`, `outbox`, `output`.

pub mod control;
pub mod record;
