//! The web page of `outboxctl ui`: a pipeline's traffic, live. Imports `aws`, `base`, `consumer`, `deployment`,
//! `listener`, `outbox`, `pipelines`, `postgres`, `repair`, `settings` and `streams`.
//!
//! [`watch`] fills one bounded [`model`] from the database or table, the stream, the leases, the event log and the
//! failure bucket; [`http`] serves it as JSON, as server-sent events and as metrics, with the page embedded from
//! `assets`. The page writes to AWS or the database only on request of a visitor (a sample, a redelivery), and only if
//! [`Options::writable`] allows it.

mod http;
mod model;
mod watch;

use std::net::TcpListener;
use std::sync::Arc;

use hyper_util::service::TowerToHyperService;
use tokio_util::sync::CancellationToken;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::deployment::Deployment;
use crate::listener;
use crate::settings::Place;
use crate::streams::StartAt;
use model::Model;

/// Options of the page.
#[derive(Debug, Clone)]
pub struct Options {
    /// Indicates whether forms may write.
    pub writable: bool,
    /// The local stack answers faster and costs nothing: it is queried more often.
    pub local: bool,
    /// Start position in streams and logs.
    pub from: StartAt,
    /// The flags of the commands that the page shows.
    pub place: Place,
    /// The token that a browser or program must present.
    pub token: String,
}

/// Returns a new token of 128 random bits.
///
/// # Errors
/// `Unexpected` if the system's random number generator fails.
pub fn token() -> Result<String> {
    listener::random::<16>()
}

/// Listens on a port of this machine; 0 chooses a free one.
///
/// # Errors
/// `PortInUse`, or `Io` if the port can't be opened for another reason.
pub fn listen(port: u16) -> Result<Vec<TcpListener>> {
    listener::bind(port).map_err(|error| cannot_listen(port, error))
}

/// Returns the error of a port that can't be opened: in use, reserved for root, or without a loopback address.
fn cannot_listen(port: u16, error: std::io::Error) -> Error {
    use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
    let (kind, hint) = match error.kind() {
        AddrInUse => (Kind::PortInUse, "choose another with --port, or use --port 0 for a free one"),
        PermissionDenied => {
            (Kind::Io, "ports below 1024 are usually reserved for root: choose a higher one with --port")
        }
        AddrNotAvailable => (Kind::Io, "this machine has no address 127.0.0.1: start its loopback interface"),
        _ => (Kind::Io, "choose another with --port, or use --port 0 for a free one"),
    };
    Error::new(kind, format!("cannot listen on port {port}")).with_source(error).hint(hint)
}

/// Serves until cancelled, on listeners of one port.
///
/// # Errors
/// `Io` if the listeners fail. Problems of watching are shown on the page instead.
pub async fn serve(
    listeners: Vec<TcpListener>,
    deployment: Deployment,
    options: Options,
    cancel: CancellationToken,
) -> Result<()> {
    let deployment = Arc::new(deployment);
    let model = Arc::new(Model::new(&deployment, &options));
    let failed = || "the page can't be served".to_owned();
    let listeners = listener::watched(listeners).or_fail(Kind::Io, failed)?;
    let port = listeners[0].local_addr().or_fail(Kind::Io, failed)?.port();
    let site = http::Site::new(model.clone(), deployment.clone(), &options, port, cancel.clone());
    watch::start(deployment, &model, &options, &cancel);
    let service = TowerToHyperService::new(http::router(site));
    listener::serve(listeners, listener::Limits::default(), cancel, service).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_cannot_be_opened_has_the_hint_of_its_reason() {
        use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, Other, PermissionDenied};
        let hint = |kind: std::io::ErrorKind| {
            let error = cannot_listen(80, kind.into());
            (error.kind(), error.hints().next().map(str::to_owned).unwrap_or_default())
        };
        assert_eq!(hint(AddrInUse).0, Kind::PortInUse);
        assert_eq!(hint(Other).0, Kind::Io);
        assert!(hint(PermissionDenied).0 == Kind::Io && hint(PermissionDenied).1.contains("root"));
        assert!(hint(AddrNotAvailable).0 == Kind::Io && hint(AddrNotAvailable).1.contains("127.0.0.1"));
    }
}
