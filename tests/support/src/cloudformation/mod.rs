//! A scripted CloudFormation, with the other AWS services that a deployment calls.

mod server;
mod world;

pub use server::Server;
pub use world::{ACCOUNT, Detail, Fault, Faults, Form, REGION, Row, Stack, Step, Task, World, step};
