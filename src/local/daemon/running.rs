//! A stack whose servers run: the parts around them, until it stops.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::end_by_itself;
use crate::aws::{AccessKey, Clients, LocalEndpoint};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::listener;
use crate::local::dms::Dms;
use crate::local::emulator::{self, Emulator};
use crate::local::event_source::EventSources;
use crate::local::events::Events;
use crate::local::gateway::{self, Gateway, Records};
use crate::local::home::Home;
use crate::local::postgres_server::Server;
use crate::local::postgres_server::further::{Keeper, Request, Servers};
use crate::local::postgres_server::tokens::Tokens;
use crate::local::rds::Rds;
use crate::local::state::{ACCOUNT, REGION, State};
use crate::local::tools::{EMULATOR_VERSION, Tools};
use crate::local::transports::Transports;
use crate::local::{key, orphans};
use crate::settings::environment;

/// Time limit for work in flight (an invocation, a put) when the stack stops.
const IN_FLIGHT: Duration = Duration::from_secs(10);
/// The same if the emulator has ended: no call succeeds any more.
const WITHOUT_EMULATOR: Duration = Duration::from_secs(1);

/// The parts of the gateway, and the key to the emulator.
pub(super) struct Backend {
    pub(super) parts: gateway::Parts,
    /// Secret that the gateway sends to the emulator.
    pub(super) secret: String,
    /// Requests of the services to the [`Keeper`].
    requests: mpsc::Receiver<Request>,
}

impl Backend {
    pub(super) fn new(home: &Home) -> Result<Self> {
        // The API and CloudFormation share the replication tasks, the mappings and the databases.
        let (dms, event_sources) = (Arc::new(Dms::default()), Arc::new(EventSources::default()));
        let (servers, requests) = Servers::new();
        let rds = Arc::new(Rds::new(servers));
        let parts = gateway::Parts {
            key: key::ensure(home)?,
            records: environment::path("OUTBOXCTL_API_RECORDS").map(|folder| Records::create(&folder)).transpose()?,
            services: vec![dms.clone(), event_sources.clone(), Arc::new(Events::default()), rds.clone()],
            providers: vec![dms, event_sources, rds],
        };
        Ok(Self { parts, secret: listener::random::<16>()?, requests })
    }
}

/// Returns the address of the AWS endpoint.
pub(super) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Returns the file that exists while the data of the stack are to be removed once its daemon has ended.
pub(super) fn discard_file(home: &Home) -> PathBuf {
    home.file("discard")
}

/// Runs the parts around PostgreSQL and the emulator until cancelled, and ends the emulator.
///
/// # Errors
/// The error that prevents the start of a part, or that stops the stack.
pub(super) async fn with_parts(
    home: &Home,
    tools: &Tools,
    Backend { parts, secret, requests }: Backend,
    (postgres, tokens, emulator): (&mut Server, Tokens, &mut Emulator),
    (listeners, port, transports): (Vec<std::net::TcpListener>, u16, Transports),
    cancel: CancellationToken,
    ready: impl FnOnce(&State),
) -> Result<()> {
    let url = url(port);
    let mut keeper = match Keeper::start(home, &tools.postgres, &tokens, requests).await {
        Ok(started) => started,
        Err(error) => {
            emulator.stop().await;
            return Err(error);
        }
    };
    let key = parts.key.clone();
    let clients = Clients::for_local(LocalEndpoint { url: url.clone(), region: REGION.into(), key: key.clone() });
    let to_emulator = gateway::Emulator::new(&emulator.url, &secret)?;
    let gateway = Gateway::new(home.clone(), postgres.about.clone(), to_emulator, clients, parts);
    tokens.verify_with(&gateway);
    let listening = listen(&gateway, listeners);
    let result = match &listening {
        Ok(_) => {
            let state = state(&url, key, postgres, emulator, transports);
            supervise_parts(&gateway, home, &state, (postgres, &mut keeper), emulator, cancel, ready).await
        }
        Err(_) => Ok(()),
    };
    gateway.cancel.cancel();
    let discarded = discard_file(home).exists();
    if !discarded {
        finish(&gateway, home, emulator.running()).await;
    }
    let result = listening.map(|task| task.abort()).and(result);
    if discarded {
        emulator.kill().await;
    } else if !emulator.stop().await {
        tracing::warn!("the emulator could not save its state: {}", emulator::unsaved(home).unwrap_or_default());
    }
    orphans::end(home, Duration::from_secs(1)).await;
    keeper.stop().await;
    result
}

/// Lets work in flight finish. Ends the rest (for example, a function that retries a delivery) before the emulator (if it
/// still runs), which would wait for it instead of saving its state; its batch is delivered again after the next start.
async fn finish(gateway: &Gateway, home: &Home, emulator: Option<u32>) {
    let patience = if emulator.is_some() { IN_FLIGHT } else { WITHOUT_EMULATOR };
    if tokio::time::timeout(patience, gateway.drain()).await.is_err() {
        tracing::warn!("unfinished work is stopped, and its functions are ended");
    }
    orphans::end_all_but(home, Duration::from_secs(2), emulator.as_slice()).await;
    // Their invocations end now. Work that still hangs must not prevent the emulator from saving.
    let _ = tokio::time::timeout(Duration::from_secs(3).min(patience), gateway.drain()).await;
}

fn listen(gateway: &Arc<Gateway>, listeners: Vec<std::net::TcpListener>) -> Result<tokio::task::JoinHandle<()>> {
    let listeners = listener::watched(listeners).or_fail(Kind::LocalSetup, || "the AWS endpoint".into())?;
    Ok(tokio::spawn(gateway::serve(gateway.clone(), listeners)))
}

/// Keeps the stack running until it is cancelled or one of its parts ends. From then on it counts as down.
async fn supervise_parts(
    gateway: &Arc<Gateway>,
    home: &Home,
    state: &State,
    (postgres, keeper): (&mut Server, &mut Keeper),
    emulator: &mut Emulator,
    cancel: CancellationToken,
    ready: impl FnOnce(&State),
) -> Result<()> {
    gateway.start().await?;
    state.write(home)?;
    ready(state);
    let failed = |how: String, log: &str| {
        Err(Error::new(Kind::Failed, how).hint(format!("its log is {}", home.logs().join(log).display())))
    };
    let ended = tokio::select! {
        () = cancel.cancelled() => Ok(()),
        (how, log) = keeper.serve(postgres) => failed(how, &log),
        how = emulator.ended() => {
            let lost = emulator::lost(home).unwrap_or_else(|| "its state is saved".into());
            failed(format!("{how}; {lost}"), "emulator.log")
        }
    };
    match &ended {
        Ok(()) => drop(std::fs::remove_file(home.state_file())),
        Err(error) => end_by_itself(home, error),
    }
    ended
}

fn state(url: &str, key: AccessKey, postgres: &Server, emulator: &Emulator, transports: Transports) -> State {
    State {
        endpoint: url.to_owned(),
        region: REGION.into(),
        key,
        account: ACCOUNT.into(),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").into(),
        postgres: postgres.about.clone(),
        emulator_url: emulator.url.clone(),
        emulator_pid: emulator.pid(),
        emulator_uid: emulator.uid(),
        emulator_version: EMULATOR_VERSION.into(),
        transports,
        started_at: chrono::Utc::now(),
    }
}
