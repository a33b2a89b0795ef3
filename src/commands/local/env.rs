//! `outboxctl local env`.

use serde_json::Map;

use crate::base::error::Result;
use crate::local::state;
use crate::output::Outcome;
use crate::settings::quoted;

/// Print environment variables that connect other tools to the local stack
///
/// To set them in a shell: eval "$(outboxctl local env)". They include the secret access key of the local stack.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shell to format the output for
    #[arg(long, value_name = "SHELL", value_enum, default_value_t = Shell::Sh)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shell {
    /// sh, bash, zsh
    Sh,
    Fish,
}

/// Variables that would override the local stack's key, or be sent along with it.
const IN_THE_WAY: &str = "AWS_PROFILE AWS_SESSION_TOKEN";

impl Args {
    pub fn run(self) -> Result<Outcome> {
        let variables = state::running()?.variables();
        let lines = variables.iter().map(|(name, value)| match self.shell {
            Shell::Sh => format!("export {name}={}", quoted(value)),
            Shell::Fish => format!("set -gx {name} {}", quoted(value)),
        });
        let last = match self.shell {
            Shell::Sh => format!("unset {IN_THE_WAY}"),
            Shell::Fish => format!("set -e {IN_THE_WAY}"),
        };
        let script = lines.chain([last]).collect::<Vec<_>>().join("\n");
        let variables: Map<_, _> = variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Ok(Outcome::data(variables).text(script))
    }
}
