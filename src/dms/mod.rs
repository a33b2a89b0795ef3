//! DMS: task control, the record format (pure), and which engine supports which source. Imports `aws`, `error`, `outbox`, `output`.

pub mod control;
pub mod record;
pub mod versions;
