//! The shared parts of the HTTP servers on this machine: the endpoint of the local stack and the page of `ui`. Imports
//! `base` and `settings`.
//!
//! `origin.rs` recognises requests from web pages, `loopback.rs` opens the port, `serve.rs` accepts connections and
//! limits the duration of a request, `secret.rs` makes and compares secrets.

mod loopback;
mod origin;
mod secret;
mod serve;

pub use loopback::{bind, watched};
pub use origin::{Links, Refusal, check, is_json};
pub use secret::{random, same};
pub use serve::{BoxError, Limits, Timed, serve};
