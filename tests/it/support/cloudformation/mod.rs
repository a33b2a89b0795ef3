//! A scripted CloudFormation at the wire. The engine's own tests in `src/cloudformation` share it.

#[allow(dead_code, reason = "each of the two users needs a part of it")]
mod server;
#[allow(dead_code, reason = "each of the two users needs a part of it")]
mod world;

pub use server::Server;
pub use world::{Fault, Task, World as Script, step};
