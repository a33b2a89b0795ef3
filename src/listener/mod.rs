//! What the HTTP servers on this machine have in common: the endpoint of the local stack and the page of `ui`.
//! Imports `aws`, `error`.
//!
//! `origin.rs` says which requests come from a web page, `loopback.rs` opens the port, `serve.rs` takes connections and
//! limits how long a request may take, `secret.rs` makes and compares secrets.

mod loopback;
mod origin;
mod secret;
mod serve;

pub use loopback::{bind, has_ipv6, watched};
pub use origin::{Links, Refusal, check, is_json};
pub use secret::{random, same};
pub use serve::{BoxError, Limits, Timed, serve};
