//! Replaces the executable in the packages of functions: executes the file whose path follows this program in its own
//! file.
//!
//! The debug build of `outboxctl` has over 100 MB. To pack, send, hash and unpack it for each pipeline takes as long as
//! all the rest of a test.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

fn main() {
    let own = std::env::current_exe().and_then(std::fs::read).expect("this program's file");
    let path = own.rsplit(|byte| *byte == b'\n').next().expect("a last line");
    let error = Command::new(OsStr::from_bytes(path)).args(std::env::args_os().skip(1)).exec();
    panic!("{}: {error}", path.escape_ascii());
}
