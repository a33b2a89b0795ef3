//! Programs that the local stack runs: found on the machine, or fetched once into the shared tools folder.
//!
//! `python.rs` finds Python, `requirements.rs` lists the packages, `install.rs` fetches them (with the index of
//! `pip_settings.rs`); `postgres.rs` finds PostgreSQL. Imports the same rooms as [`super`].

mod install;
mod pip_settings;
mod postgres;
mod python;
mod requirements;

pub use postgres::{PostgresPrograms, all as postgres_majors, ensure_major as ensure_postgres_major};
pub use python::Environment;

use super::home::Home;
use crate::base::error::Result;
use crate::base::report::Reporter;

/// The emulator's version. `launcher.py` patches its internals, so it must be exactly this one.
pub const EMULATOR_VERSION: &str = "1.5.33";

/// The programs of a stack.
#[derive(Debug, Clone)]
pub struct Tools {
    /// A Python that can import the emulator.
    pub emulator: Environment,
    pub postgres: PostgresPrograms,
}

/// Finds all programs, and fetches missing ones. Concurrent commands wait for each other.
///
/// # Errors
/// `LocalSetup`, with the packages to install.
pub async fn ensure(home: &Home, reporter: &dyn Reporter) -> Result<Tools> {
    home.create()?;
    let postgres = match postgres::find()? {
        Some(found) => found,
        None => postgres::fetch(home, reporter).await?,
    };
    reporter.detail(format!("PostgreSQL {} from {}", postgres.version, postgres.bin.display()));
    let emulator = install::ensure(home, reporter, requirements::EMULATOR).await?;
    Ok(Tools { emulator, postgres })
}
