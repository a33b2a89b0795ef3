//! Programs that the local stack runs: found on the machine, or fetched once into the shared tools folder.
//!
//! `python.rs` makes Python environments from the package index, `postgres.rs` finds PostgreSQL. May import what
//! [`super`] may.

mod postgres;
mod python;

pub use postgres::PostgresPrograms;
pub use python::Environment;

use std::path::PathBuf;

use super::home::Home;
use crate::error::Result;
use crate::output::Console;

/// The emulator's version: `launcher.py` reaches into it, so it is this one and no other.
pub const EMULATOR_VERSION: &str = "1.5.33";

/// CloudWatch's clients speak CBOR. Without this package, which it does not bring, the emulator answers them in JSON that
/// they can't read.
const CBOR: (&str, &str) = ("cbor2", "5.9.0");

/// All that a stack runs.
#[derive(Debug, Clone)]
pub struct Tools {
    /// A Python that can import the emulator.
    pub emulator: Environment,
    pub postgres: PostgresPrograms,
}

/// Finds everything, and fetches what is missing. Two commands at once wait for each other.
///
/// # Errors
/// `LocalSetup`, with what to install.
pub async fn ensure(home: &Home, console: &Console) -> Result<Tools> {
    home.create()?;
    let postgres = match postgres::find()? {
        Some(found) => found,
        None => postgres::fetch(home, console).await?,
    };
    console.detail(format!("PostgreSQL {} from {}", postgres.version, postgres.bin.display()));
    let mut emulator = python::ensure(home, console, "ministack", EMULATOR_VERSION).await?;
    emulator.beside.push(python::ensure(home, console, CBOR.0, CBOR.1).await?.packages);
    Ok(Tools { emulator, postgres })
}

/// A folder of the tools, by what is in it.
fn folder(home: &Home, package: &str, version: &str) -> PathBuf {
    home.tools().join(format!("{package}-{version}"))
}
