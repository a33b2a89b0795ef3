#[path = "../../../src/dms/record/mod.rs"]
pub mod record;
