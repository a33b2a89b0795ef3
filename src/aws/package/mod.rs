//! The functions' package: this executable as `bootstrap` in a zip, checked, and put in S3 under its content's hash.

mod elf;
mod upload;

pub use elf::{Architecture, Runs, inspect};
pub use upload::{Package, upload};
