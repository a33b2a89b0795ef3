//! `outboxctl local exec`: replaces itself with a program that ends with the daemon. Only the daemon uses it.

use std::ffi::OsString;

use crate::base::error::Result;
use crate::local::{EndSignal, become_program};
use crate::output::Outcome;

/// Replace this process with a program that ends with its parent
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Signal to send when the parent ends
    #[arg(long)]
    signal: EndSignal,
    /// Process id of the parent
    #[arg(long)]
    parent: u32,
    /// Program and arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    program: Vec<OsString>,
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        become_program(&self.program, self.signal, self.parent)?;
        Ok(Outcome::default())
    }
}
