//! Change sets, stack events, waiting, and the graph of stacks. Knows no pipeline by name and prints nothing. Imports
//! `aws`, `base`, `outbox`, `pipelines` and `settings`.
//!
//! [`stacks()`] returns the deployed stacks; [`Rollout`] deploys the desired ones through an [`Engine`] that all stacks
//! of a run share. `status.rs` is the one table of stack statuses and their meaning. `synth/` renders the same stacks as
//! files for other tools.

mod change_set;
mod changes;
mod completion;
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
mod parameter_update;
mod pause;
mod preview;
mod rate_limiter;
mod recover;
mod rollout;
#[cfg(test)]
mod scenarios;
mod secrets;
mod stacks;
mod stages;
mod status;
pub mod synth;
mod values;
mod watch;

pub use change_set::ChangeSet;
pub use changes::{Change, Effect};
pub use engine::{Engine, OperationKind};
pub use guard::{Consent, Guard};
pub use parameter_update::ParameterUpdate;
pub use pause::Pause;
pub use preview::{ParameterChange, Preview, StackAction};
pub use recover::RecoverOptions;
pub use rollout::{Rollout, StackPreview, StackReport, stack_tags};
pub use stacks::{StackView, stacks};
pub use stages::stages;
pub use status::{OnDeploy, OnRecover, Phase, actions};
pub use values::{Outputs, Supply, Values, named_after};
pub use watch::Watched;
