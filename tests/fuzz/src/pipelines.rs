#[path = "../../../src/pipelines/hop.rs"]
mod hop;

pub use hop::Hop;
