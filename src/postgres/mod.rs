//! PostgreSQL: verified TLS, errors with a remedy, the schema and its state, and the sample rows. Imports `base`,
//! `outbox` and `settings`.
//!
//! [`connect()`] always uses TLS and always verifies it. [`admin::execute`] is the whole administrative surface as one
//! serialisable request, so that the same code runs here, against a public database, and in the admin function, against
//! a private one.

pub mod admin;
mod appended;
mod blocking;
mod committed;
mod connect;
mod ensure;
mod failures;
mod fault;
mod inbox;
mod migrate;
mod names;
mod overview;
mod passfile;
mod pooler;
mod processed;
mod purge;
mod query;
mod readiness;
pub mod replication;
mod reply;
mod requirements;
mod restored;
mod row;
mod samples;
mod schema;
mod script;
pub mod session;
pub mod slots;
mod status;
mod target;
pub mod tls;
mod upgrade;
mod url;

pub use connect::{connect, refuse_pgpool};
pub use ensure::{CONSUMER, PUBLICATION, PUBLISHED_WHOLE, WRITER};
pub use fault::{failed, is_environmental, without_rows};
pub use inbox::{Delivery, Failure, Inbox, Mark};
pub use names::{quote_identifier, quote_literal};
pub use passfile::complete as with_password;
pub use reply::AdminReply;
pub use row::need_time;
pub use script::script;
pub use target::{Secret, Target};
pub use url::target as url_target;
