//! Change sets, stack events, waiting, and the graph of stacks. It knows no pipeline by name and prints nothing.
//! Imports `aws`, `error`, `pipelines`, `report` and `settings`.
//!
//! [`stacks()`] returns what is deployed; [`Rollout`] changes it to what it should be, through an [`Engine`] that every
//! stack of a run shares. `status.rs` is the one table of what each stack status means.

mod change_set;
mod changes;
mod current;
mod delete;
mod deploy;
mod diagnosis;
mod durations;
mod engine;
mod events;
#[cfg(test)]
mod fake;
pub mod graph;
mod guard;
mod pace;
mod pause;
mod preview;
mod recover;
mod rollout;
#[cfg(test)]
mod scenarios;
mod secrets;
mod settle;
mod stacks;
mod stages;
mod status;
mod template;
mod values;
mod watch;

pub use change_set::{ChangeSet, Desired};
pub use changes::{Change, Effect};
pub use deploy::{Deployed, plural};
pub use engine::{Engine, Operation, OperationKind};
pub use guard::{Consent, Guard};
pub use pause::Pause;
pub use preview::{Fate, ParameterChange, Preview};
pub use recover::{Recovered, Ways};
pub use rollout::{Rollout, StackPreview, StackReport};
pub use stacks::{StackView, stacks};
pub use stages::stages;
pub use status::{Actions, OnDeploy, OnDestroy, OnRecover, Phase, actions};
pub use template::{parameter_names, secrets};
pub use values::{Outputs, Supply, Values};
pub use watch::Watched;
