//! The global flags.

use std::ffi::OsString;

use clap::builder::{NonEmptyStringValueParser, Resettable, StyledStr};
use clap::{Arg, Args, ValueEnum};

use super::existing::{EXISTING_FLAG, ExistingPair, pair};
use crate::settings::environment::parse_flag;

/// The variable that names the shell; set by the completion scripts.
pub const COMPLETE: &str = "OUTBOXCTL_COMPLETE";

/// Format of the results on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Table for reading
    Table,
    /// One JSON document at the end
    Json,
    /// One JSON object per line as events occur, and a final `result` line
    Ndjson,
}

/// Format of the progress on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// Live view on a terminal, lines elsewhere
    Auto,
    /// Lines
    Plain,
    /// Live view
    Live,
    /// No progress output
    None,
}

/// Coloring of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorMode {
    /// On a terminal, unless NO_COLOR is set; CLICOLOR and CLICOLOR_FORCE count too
    Auto,
    /// Always, also in files and pipes
    Always,
    /// Never
    Never,
}

/// Flags that every command accepts. [`super::Variables`] reads the variables named here, see [`parser`].
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// AWS profile to use; takes precedence over access keys in the environment
    #[arg(long, global = true, env = "AWS_PROFILE", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub profile: Option<String>,
    /// AWS region to use
    #[arg(long, global = true, env = "AWS_REGION", value_name = "REGION", value_parser = NonEmptyStringValueParser::new())]
    pub region: Option<String>,
    /// Stage, part of every resource name; one account can hold several [default: dev]
    #[arg(long, global = true, env = "OUTBOXCTL_STAGE", value_name = "NAME")]
    pub stage: Option<String>,
    /// Pipeline to use [default: rds-eventbridge]
    #[arg(long, global = true, env = "OUTBOXCTL_PIPELINE", value_name = "NAME")]
    pub pipeline: Option<String>,
    /// Use the local stack (`outboxctl local up`) instead of AWS
    #[arg(long, global = true, env = "OUTBOXCTL_LOCAL", value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch)]
    pub local: Option<bool>,
    /// Use AWS, overriding OUTBOXCTL_LOCAL and outboxctl.toml; same as --local=false
    #[arg(long, global = true)]
    pub no_local: bool,
    /// Endpoint URL for all AWS requests
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL", value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub endpoint_url: Option<String>,
    /// Use a resource that exists already, as the table `existing` of outboxctl.toml does
    #[arg(long, global = true, env = "OUTBOXCTL_EXISTING", value_name = "KEY=VALUE", value_parser = pair)]
    pub existing: Vec<ExistingPair>,
    /// Format of the results on stdout [default: table]
    #[arg(long, short, global = true, env = "OUTBOXCTL_OUTPUT", value_name = "FORMAT")]
    pub output: Option<OutputFormat>,
    /// Never prompt; report what is missing and exit with 2
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Answer yes to all confirmations that have no flag of their own
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Print only errors and warnings on stderr
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print details on stderr: requests, waits, causes
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// Format of the progress on stderr
    #[arg(long, global = true, value_name = "MODE", default_value = "auto")]
    pub progress: ProgressMode,
    /// When to color the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorMode,
}

impl GlobalArgs {
    /// Adds the values of `--existing` before the last word of the command in `line`: clap keeps only those after it.
    pub fn complete_existing(&mut self, line: impl Iterator<Item = OsString>) {
        let words = line.map(|word| word.to_string_lossy().into_owned()).take_while(|word| word != "--");
        let mut words = words.collect::<Vec<_>>().into_iter();
        let mut all = Vec::new();
        while let Some(word) = words.next() {
            let value = match word.strip_prefix(EXISTING_FLAG) {
                Some("") => words.next(),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => None,
            };
            all.extend(value.and_then(|value| pair(&value).ok()));
        }
        // Operands of `local exec` may look like the flag: then clap's values are not the last ones.
        if !self.existing.is_empty() && all.ends_with(&self.existing) {
            self.existing = all;
        }
    }
}

fn switch(text: &str) -> Result<bool, String> {
    parse_flag(text).ok_or_else(|| "use 1, true, yes or on, or 0, false, no or off".to_owned())
}

/// Returns the command for parsing: clap does not read variables itself, because it accepts an empty one as a value,
/// rejects `1` for a switch, and names the flag in the message where the variable is invalid. Help still names them.
pub fn parser(command: clap::Command) -> clap::Command {
    command.mut_args(without_variable).mut_subcommands(parser)
}

fn without_variable(arg: Arg) -> Arg {
    let Some(name) = arg.get_env().map(|name| name.to_string_lossy().into_owned()) else { return arg };
    let named = |help: &StyledStr| StyledStr::from(format!("{help} [env: {name}]"));
    let (help, long) = (arg.get_help().map(named), arg.get_long_help().map(named));
    arg.env(Resettable::Reset).help(Resettable::from(help)).long_help(Resettable::from(long))
}
