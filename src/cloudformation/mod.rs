//! Change sets, events, waiting, the stack graph. Knows no pipeline by name and prints nothing.
//! Imports `aws`, `error`, `output`, `pipelines` and `settings`.
//!
//! [`Deployment`] is what is there; [`Rollout`] makes it what it should be, through an [`Engine`] that every stack of a
//! run shares. `status.rs` is the one table of what each stack status means.

mod change_set;
mod changes;
mod delete;
mod deploy;
mod deployment;
mod diagnosis;
mod engine;
mod events;
#[cfg(test)]
mod fake;
pub mod graph;
mod pace;
mod rollout;
#[cfg(test)]
mod scenarios;
mod status;
mod template;
mod values;

pub use change_set::{ChangeSet, Desired};
pub use changes::Change;
pub use deploy::{Deployed, Guard};
pub use deployment::{Deployment, StackView};
pub use engine::Engine;
pub use rollout::{Rollout, StackReport};
pub use status::{Actions, OnDeploy, OnDestroy, Phase, actions};
pub use template::parameter_names;
pub use values::{Outputs, Supply, Values};
