//! `outboxctl man`.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands::Context;
use crate::output::Outcome;

/// Print a manual page, or write all of them to a folder
///
/// Run `outboxctl man | man -l -` to show the main page, and `outboxctl man db init | man -l -` to show the page of a
/// command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Command whose page to print [default: the main page, which lists all commands]
    command: Vec<String>,
    /// Write a page for every command to this folder, creating it if necessary
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    directory: Option<PathBuf>,
}

impl Args {
    pub fn run(self, ctx: &Context) -> Result<Outcome> {
        let Some(folder) = self.directory else {
            let page = page(ctx.definition(), &self.command)?;
            let data = json!({ "command": self.command, "roff": page });
            return Ok(Outcome::data(data).text(page.trim_end()));
        };
        let failed = || format!("the pages can't be written to {}", folder.display());
        std::fs::create_dir_all(&folder).or_fail(Kind::Io, failed)?;
        let mut definition = ctx.definition().disable_help_subcommand(true);
        definition.build();
        write_all(&definition, &folder).or_fail(Kind::Io, failed)?;
        let summary = format!("manual pages are in {}; read one with: man -l {0}/outboxctl.1", folder.display());
        Ok(Outcome::data(json!({ "directory": folder })).changed(true).summary(summary))
    }
}

/// Returns the page of a command, in roff.
fn page(mut definition: clap::Command, path: &[String]) -> Result<String> {
    // Gives the subcommands their full names.
    definition.build();
    let mut command = definition;
    for name in path {
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| {
            Error::new(Kind::Usage, format!("command {:?} not found", path.join(" ")))
                .hint("`outboxctl --help` lists the commands")
        })?;
    }
    let mut page = Vec::new();
    of(command).render(&mut page).or_fail(Kind::Unexpected, || "the page can't be rendered".into())?;
    String::from_utf8(page).or_fail(Kind::Unexpected, || "the page is not UTF-8".into())
}

/// Returns the page of a command. Without a source, the footer of a subcommand's page would be its bare name.
fn of(command: clap::Command) -> clap_mangen::Man {
    clap_mangen::Man::new(command).source(concat!("outboxctl ", env!("CARGO_PKG_VERSION")))
}

/// Writes the page of a command and of each of its subcommands.
fn write_all(command: &clap::Command, folder: &Path) -> std::io::Result<()> {
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        write_all(subcommand, folder)?;
    }
    of(command.clone()).generate_to(folder).map(drop)
}
