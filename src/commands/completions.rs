//! `outboxctl completions`.

use clap_complete::Shell;
use clap_complete::env::Shells;
use serde_json::json;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands::Context;
use crate::output::Outcome;
use crate::settings::COMPLETE;

/// Print the completion script for a shell
///
/// The script calls outboxctl to complete commands and flags, and also values: pipelines, stages, stacks, outputs,
/// template parameters, topics and dead letters. Values that come from a deployment are completed if AWS responds
/// within two seconds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shell to generate the script for
    shell: Shell,
}

impl Args {
    pub fn run(self, _ctx: &Context) -> Result<Outcome> {
        let script = script(self.shell)?;
        let data = json!({ "shell": self.shell.to_string(), "script": script });
        Ok(Outcome::data(data).text(script.trim_end()))
    }
}

/// Returns the script; `completions/` holds a copy of each.
fn script(shell: Shell) -> Result<String> {
    let name = shell.to_string();
    let shells = Shells::builtins();
    let writer = shells.completer(&name);
    let writer = writer.ok_or_else(|| Error::new(Kind::Unexpected, format!("no completion script for {name}")))?;
    let mut script = Vec::new();
    let program = "outboxctl";
    let written = writer.write_registration(COMPLETE, program, program, program, &mut script);
    written.or_fail(Kind::Unexpected, || "the completion script can't be generated".into())?;
    String::from_utf8(script).or_fail(Kind::Unexpected, || "the completion script is not UTF-8".into())
}
