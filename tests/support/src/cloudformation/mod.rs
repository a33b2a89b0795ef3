//! A scripted CloudFormation, with what else of AWS a deploy calls.

mod server;
mod world;

pub use server::Server;
pub use world::{ACCOUNT, Detail, Fault, Faults, Form, REGION, Row, Stack, Step, Task, World, step};
