//! `outboxctl local serve`: the daemon of the local stack.
//!
//! Children are started here, on the main thread, because the kernel's parent-death signal is bound to the thread.

mod running;

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::running::{Backend, discard_file, url, with_parts};
use super::emulator::{self, Emulator};
use super::home::{Home, read_json, write_atomically, write_json};
use super::postgres_server::instance::Instance;
use super::postgres_server::tokens::Tokens;
use super::postgres_server::{self, Server};
use super::state::{REGION, State};
use super::tools::{EMULATOR_VERSION, Tools};
use super::transports::Transports;
use super::{lock, orphans, ports, tools};
use crate::base::error::{Error, Kind, Result};
use crate::base::report::{Event, Reporter, count, log};
use crate::settings::environment;

/// Ports that the stack listens on; 0 picks a free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ports {
    pub gateway: u16,
    pub postgres: u16,
}

impl Ports {
    /// Returns the ports of the last run: addresses in the stack's secrets and queues name them.
    pub fn remembered(home: &Home) -> Option<Self> {
        read_json(&home.file("ports.json"))
    }

    /// Listens on the gateway's port and on that of PostgreSQL. A port of 0 stands for the one of the run before, if it is
    /// free, else for any.
    fn listen(self, before: Option<Self>) -> Result<([Vec<TcpListener>; 2], Self)> {
        let again = |port: u16, last: Option<u16>| {
            if port == 0 { last.filter(|last| ports::is_free(*last)).unwrap_or(0) } else { port }
        };
        let gateway = again(self.gateway, before.map(|ports| ports.gateway));
        let (of_gateway, gateway) = ports::listen(gateway, "the AWS endpoint", "--port")?;
        let postgres = again(self.postgres, before.map(|ports| ports.postgres));
        let (of_postgres, postgres) = ports::listen(postgres, "PostgreSQL", "--postgres-port")?;
        Ok(([of_gateway, of_postgres], Self { gateway, postgres }))
    }

    fn remember(self, home: &Home) -> Result<()> {
        write_json(&home.file("ports.json"), &self)
    }
}

/// Error of a daemon that finds another one.
pub const BUSY: &str = "another outboxctl is already starting the local stack";

/// Returns the reason why the stack stopped, or is stopping, by itself: from the file that its daemon left.
pub fn last_failure(home: &Home) -> Option<String> {
    std::fs::read_to_string(failure_file(home)).ok()
}

/// Decides whether the data of the stack is removed once its daemon has ended, which then saves nothing. On a full disk it
/// may save nevertheless.
pub fn discard(home: &Home, decision: bool) {
    let file = discard_file(home);
    let _ = if decision { std::fs::write(file, "") } else { std::fs::remove_file(file) };
}

fn failure_file(home: &Home) -> PathBuf {
    home.file("failure")
}

/// Starts the stack, calls `ready`, and keeps it running until cancelled.
///
/// # Errors
/// The error that prevents the start, or that stops the stack.
pub async fn run(
    (ports, transports): (Ports, Transports),
    reporter: &dyn Reporter,
    cancel: CancellationToken,
    ready: impl FnOnce(&State),
) -> Result<()> {
    let home = Home::of_stack()?;
    home.create()?;
    log::of_daemon(environment::log_filter());
    let Some(_lock) = lock::take(&home)? else {
        return Err(Error::new(Kind::LocalSetup, BUSY).hint("`outboxctl local status` shows its state"));
    };
    // Left by a killed daemon: the state, and a socket folder outside of the stack's own, if it is empty.
    if let Some(left) = State::read(&home) {
        let _ = std::fs::remove_dir(left.postgres.socket);
    }
    let _ = std::fs::remove_file(home.state_file());
    let _ = std::fs::remove_file(failure_file(&home));
    discard(&home, false);
    let tools = tokio::select! {
        tools = tools::ensure(&home, reporter) => tools?,
        () = cancel.cancelled() => return Err(Error::new(Kind::Interrupted, "stopped while tools were fetched")),
    };
    // Tools are for all users; everything that the stack writes from here on is for its own user only.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let result = serve(&home, &tools, (ports, transports), reporter, cancel, ready).await;
    let _ = std::fs::remove_file(home.state_file());
    if let Err(error) = &result {
        end_by_itself(&home, error);
    }
    result
}

/// Makes the stack count as stopped at once, for a reason: the next command reports it. This process may have no reader
/// any more, and takes seconds to stop the other parts.
fn end_by_itself(home: &Home, reason: &Error) {
    let _ = write_atomically(&failure_file(home), reason.message().as_bytes());
    let _ = std::fs::remove_file(home.state_file());
}

async fn serve(
    home: &Home,
    tools: &Tools,
    (ports, transports): (Ports, Transports),
    reporter: &dyn Reporter,
    cancel: CancellationToken,
    ready: impl FnOnce(&State),
) -> Result<()> {
    let ended = orphans::end(home, Duration::from_secs(15)).await;
    if ended > 0 {
        reporter.note(format!("ended {} of an earlier stack", count(ended, "process")));
    }
    let before = Ports::remembered(home);
    let ([listeners, of_postgres], ports) = ports.listen(before)?;
    let backend = Backend::new(home)?;
    let ca_file = postgres_server::authority(home)?;
    let tokens = Tokens::default();
    // In parallel: a first start takes about as long for each.
    let start_postgres = start_postgres(home, tools, &tokens, (of_postgres, ports, before), reporter);
    let start_emulator = start_emulator(home, tools, &backend, ca_file, (ports.gateway, transports), reporter);
    let (mut postgres, mut emulator) = match tokio::join!(start_postgres, start_emulator) {
        (Ok(postgres), Ok(emulator)) => (postgres, emulator),
        (Ok(mut postgres), Err(error)) => {
            postgres.stop().await;
            return Err(error);
        }
        (Err(error), emulator) => {
            if let Ok(mut emulator) = emulator {
                emulator.stop().await;
            }
            return Err(error);
        }
    };
    let started = (&mut postgres, tokens, &mut emulator);
    let chosen = (listeners, ports.gateway, transports);
    let result = with_parts(home, tools, backend, started, chosen, cancel, ready).await;
    postgres.stop().await;
    result
}

/// Starts the server that every stack has, and keeps the ports for the next run.
async fn start_postgres(
    home: &Home,
    tools: &Tools,
    tokens: &Tokens,
    (listeners, ports, before): (Vec<TcpListener>, Ports, Option<Ports>),
    reporter: &dyn Reporter,
) -> Result<Server> {
    reporter.emit(Event::started("postgres", "starting"));
    let mut postgres = Server::start(home, &tools.postgres, tokens, (listeners, ports.postgres)).await?;
    if let Err(error) = has_its_port(&postgres, before).await {
        postgres.stop().await;
        return Err(error);
    }
    ports.remember(home)?;
    let text = format!("PostgreSQL {} on localhost:{}", postgres.about.version, ports.postgres);
    reporter.emit(Event::finished("postgres", text, true));
    Ok(postgres)
}

/// Starts the emulator, and reports what an earlier run lost.
async fn start_emulator(
    home: &Home,
    tools: &Tools,
    backend: &Backend,
    ca_file: PathBuf,
    (port, transports): (u16, Transports),
    reporter: &dyn Reporter,
) -> Result<Emulator> {
    reporter.emit(Event::started("emulator", "starting"));
    let (emulator, lost) = Emulator::start(emulator::Settings {
        home,
        environment: &tools.emulator,
        gateway_port: port,
        region: REGION,
        key: &backend.parts.key,
        secret: &backend.secret,
        types: backend.parts.providers.iter().flat_map(|provider| provider.types()).copied().collect(),
        ca_file,
        records: environment::text("OUTBOXCTL_RIGHTS_RECORDS")?,
        transports,
    })
    .await?;
    if let Some(lost) = lost {
        reporter.warn(format!(
            "the emulator could not save its state when it last ended: {lost}, also records that DMS had delivered. Rows in \
             PostgreSQL are still there: run `outboxctl deploy --local`, then `outboxctl reconcile --local --repair`"
        ));
    }
    if emulator.uid() == 0 {
        reporter.warn(format!(
            "the emulator and the functions run as root, because no other user can run {}; install Python where all users \
             can run it, or start the stack as an ordinary user",
            tools.emulator.python.display()
        ));
    }
    let text = format!("AWS emulator (ministack {EMULATOR_VERSION}) behind {}", url(port));
    reporter.emit(Event::finished("emulator", text, true));
    Ok(emulator)
}

/// Checks that a server with a database instance has the port that it had before: the secret of the instance, the outputs
/// of stacks and the functions' variables name it.
async fn has_its_port(server: &Server, before: Option<Ports>) -> Result<()> {
    let Some(before) = before.filter(|before| before.postgres != server.about.port) else { return Ok(()) };
    let Some(instance) = Instance::of_server(&server.about).await? else { return Ok(()) };
    let text = format!(
        "database {} was deployed on port {}: its secret and the functions name that port",
        instance.identifier, before.postgres
    );
    Err(Error::new(Kind::LocalSetup, text).hint(format!(
        "keep port {}: end the process that has it, and omit --postgres-port; or remove all data of the local stack: \
         `outboxctl local down --purge`",
        before.postgres
    )))
}
