#[path = "../../../../src/postgres/replication/lsn.rs"]
mod lsn;
#[path = "../../../../src/postgres/replication/pgoutput/mod.rs"]
pub mod pgoutput;

pub use lsn::Lsn;
