//! The local PostgreSQL: initialised once, started with TLS and logical replication as RDS has them.
//!
//! `settings.rs` writes its configuration, `tls.rs` its certificate, `front.rs` does TLS for a server that can't. May import what [`super`] may.

mod front;
mod settings;
mod tls;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio_postgres::NoTls;

use super::child::{EndSignal, Program, Supervised};
use super::home::Home;
use super::ports;
use super::state::Postgres;
use super::tools::PostgresPrograms;
use super::user::User;
use crate::error::{Error, Kind, OrFail, Result};
use crate::postgres::session;

pub use settings::SUPERUSER;

/// How long the server may take until it answers: it may have a crash to recover from.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// How long a shutdown may take: it writes everything out first.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub struct Server {
    process: Supervised,
    pub about: Postgres,
    _front: Option<front::Front>,
}

impl Server {
    /// Initialises the data folder if there is none, and starts. On the main thread: see [`Supervised::start`].
    ///
    /// # Errors
    /// `LocalSetup`, with the end of the server's log.
    pub async fn start(home: &Home, programs: &PostgresPrograms, port: u16) -> Result<Self> {
        let user = User::unprivileged()?;
        let folder = home.file("postgres");
        make(&folder, user.as_ref())?;
        if let Some(user) = &user {
            user.let_through(home.root(), &folder)?;
        }
        let ca_file = tls::ensure(&home.file("tls"), &folder, user.as_ref())?;
        let data = folder.join("data");
        check_version(&data, programs)?;
        if !data.join("PG_VERSION").exists() {
            initialise(programs, &folder, user.as_ref()).await?;
        }
        let tls = programs.does_tls();
        let server_port = if tls { port } else { ports::reserve(0, "PostgreSQL", "--postgres-port")? };
        let place = settings::Place { port: server_port, socket: socket_folder(&folder, port), tls };
        make(&place.socket, user.as_ref())?;
        settings::write(&data, &folder, &place, user.as_ref())?;
        end_orphan(programs, &data, user.as_ref()).await;
        let log = home.logs().join("postgres.log");
        let process = Supervised::start(Program {
            name: "PostgreSQL",
            path: &programs.bin.join("postgres"),
            arguments: vec!["-D".into(), data.clone().into()],
            environment: vec![("LC_ALL", "C".into()), ("TZ", "UTC".into())],
            user: user.as_ref(),
            folder: &data,
            log: &log,
            end: EndSignal::Int,
        })?;
        let about = Postgres {
            host: "localhost".into(),
            port,
            server_port,
            ca_file,
            version: programs.version.clone(),
            bin: programs.bin.clone(),
            socket: place.socket,
        };
        let front = if tls { None } else { Some(front::start(&folder, port, server_port).await?) };
        let mut server = Self { process, about, _front: front };
        server.ready(&log).await?;
        Ok(server)
    }

    async fn ready(&mut self, log: &Path) -> Result<()> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            match superuser(&self.about, "postgres").await {
                Ok(client) => return settings::make_roles(&client).await,
                Err(error) if Instant::now() > deadline => {
                    return Err(Error::new(Kind::LocalSetup, "PostgreSQL does not answer").with_source(error));
                }
                Err(_) => {}
            }
            tokio::select! {
                how = self.process.ended() => {
                    return Err(Error::new(Kind::LocalSetup, format!("{how}: {}", last_lines(log)))
                        .hint(format!("its log is {}", log.display())));
                }
                () = tokio::time::sleep(Duration::from_millis(30)) => {}
            }
        }
    }

    /// Resolves when the server ends on its own.
    pub async fn ended(&mut self) -> String {
        self.process.ended().await
    }

    pub async fn stop(&mut self) {
        self.process.stop(STOP_PATIENCE).await;
    }
}

/// A superuser's connection, over the socket that only the daemon's user can reach.
///
/// # Errors
/// `DatabaseUnreachable` when there is no connection.
pub async fn superuser(server: &Postgres, database: &str) -> Result<tokio_postgres::Client> {
    let mut config = tokio_postgres::Config::new();
    config.host_path(&server.socket).port(server.server_port).user(SUPERUSER).dbname(database);
    config.connect_timeout(Duration::from_secs(5)).application_name("outboxctl local").options(session::options());
    let failed = || "the local PostgreSQL does not answer its daemon".to_owned();
    let (client, connection) = config.connect(NoTls).await.or_fail(Kind::DatabaseUnreachable, failed)?;
    // Ends with the client.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "superuser connection ended");
        }
    });
    Ok(client)
}

/// PostgreSQL of one major version can't read another's files.
fn check_version(data: &Path, programs: &PostgresPrograms) -> Result<()> {
    let Ok(made_by) = std::fs::read_to_string(data.join("PG_VERSION")) else { return Ok(()) };
    let made_by = made_by.trim();
    if programs.version.split(['.', 'b', 'r', 'd']).next() == Some(made_by) {
        return Ok(());
    }
    let text = format!(
        "the local database was made by PostgreSQL {made_by}, and {} is {}",
        programs.bin.display(),
        programs.version
    );
    Err(Error::new(Kind::LocalSetup, text)
        .hint(format!("set OUTBOXCTL_POSTGRES_BIN to the programs of PostgreSQL {made_by}"))
        .hint("or start over, without the local data: `outboxctl local down --purge`, then `outboxctl local up`"))
}

async fn initialise(programs: &PostgresPrograms, folder: &Path, user: Option<&User>) -> Result<()> {
    let partial = folder.join("data.partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial)
            .or_fail(Kind::LocalSetup, || format!("{} is in the way", partial.display()))?;
    }
    let mut command = command(&programs.bin.join("initdb"), folder, user);
    command.args(["--username", SUPERUSER, "--encoding", "UTF8", "--no-locale", "--auth", "scram-sha-256"]);
    // A password nobody knows: over TCP the superuser is refused anyway.
    let password = folder.join("initial-password");
    crate::sandbox::home::write_atomically(&password, uuid::Uuid::new_v4().to_string().as_bytes())?;
    if let Some(user) = user {
        user.own(&password)?;
    }
    command.arg("--pwfile").arg(&password).arg("--pgdata").arg(&partial);
    let output = command.output().await.or_fail(Kind::LocalSetup, || "initdb can't be run".into())?;
    // Of no use to anybody after this.
    let _ = std::fs::remove_file(&password);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said.lines().rev().find(|line| line.contains("error") || line.contains("FATAL")).unwrap_or(&said);
        return Err(Error::new(Kind::LocalSetup, format!("the local database can't be made: {}", reason.trim()))
            .hint(format!("{} needs about 100 MB of free disk", folder.display())));
    }
    // Only what is complete gets the name that counts.
    std::fs::rename(&partial, folder.join("data")).or_fail(Kind::LocalSetup, || "the new database".into())
}

/// A server that outlived its daemon (the kernel's signal is Linux's alone) is ended before the next one starts.
async fn end_orphan(programs: &PostgresPrograms, data: &Path, user: Option<&User>) {
    if data.join("postmaster.pid").exists() {
        let mut command = command(&programs.bin.join("pg_ctl"), data, user);
        command.args(["stop", "--silent", "--mode", "fast", "--timeout", "20", "--pgdata"]).arg(data);
        // Fails when the file is all that is left; the server then sees that for itself.
        let _ = command.output().await;
    }
}

fn command(program: &Path, folder: &Path, user: Option<&User>) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).env("LC_ALL", "C").env("TZ", "UTC").kill_on_drop(true);
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

/// Makes a folder that only the server's user sees into.
fn make(folder: &Path, user: Option<&User>) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let failed = || format!("{} can't be made", folder.display());
    std::fs::create_dir_all(folder).or_fail(Kind::LocalSetup, failed)?;
    if let Some(user) = user {
        user.own(folder)?;
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).or_fail(Kind::LocalSetup, failed)
}

/// In the stack's folder, or in the temporary one where that would be too long for a socket's address (107 bytes).
fn socket_folder(folder: &Path, port: u16) -> PathBuf {
    let near = folder.join("socket");
    let longest = near.join(format!(".s.PGSQL.{port}.lock"));
    if longest.as_os_str().len() <= 100 {
        return near;
    }
    use sha2::Digest;
    let digest = sha2::Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    PathBuf::from("/tmp").join(format!("outboxctl-{name}"))
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let worth = text.lines().rev().find(|line| line.contains("FATAL") || line.contains("PANIC"));
    worth.or(text.lines().last()).unwrap_or("its log is empty").to_owned()
}
