//! The functions' package: this executable as `bootstrap` in a zip, checked, and stored in S3 under its content's hash.

mod archive;
mod deployed;
mod elf;
mod upload;

pub use archive::Package;
pub use deployed::compare;
pub use elf::{Runs, inspect};
pub use upload::{Uploaded, upload};
