//! `outboxctl completions`.

use clap_complete::Shell;
use serde_json::json;

use crate::commands::Context;
use crate::error::{Kind, OrFail, Result};
use crate::output::Outcome;

/// Print the completion script for a shell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shell to generate the script for
    shell: Shell,
}

impl Args {
    pub fn run(self, ctx: &Context) -> Result<Outcome> {
        let script = script(&mut ctx.definition(), self.shell)?;
        let data = json!({ "shell": self.shell.to_string(), "script": script });
        Ok(Outcome::data(data).text(script.trim_end()))
    }
}

/// The script, generated from the clap definition; `completions/` holds a copy of each.
fn script(definition: &mut clap::Command, shell: Shell) -> Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, definition, "outboxctl", &mut script);
    String::from_utf8(script).or_fail(Kind::Unexpected, || "the completion script is not UTF-8".into())
}
