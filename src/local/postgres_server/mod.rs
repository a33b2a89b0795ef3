//! The local PostgreSQL: initialised once, started with TLS and logical replication as RDS has them.
//!
//! `data.rs` creates its data, `settings.rs` writes its configuration, `shared_memory.rs` chooses one of the settings,
//! `tls.rs` makes its certificate. `front.rs` is the proxy in front of it, which does TLS and requires IAM tokens (`wire.rs`
//! has the messages, `tokens.rs` verifies tokens). `instance.rs` reads the database instance that a server has,
//! `further.rs` keeps servers for further instances, `upgrade.rs` upgrades the data of a server. Imports the same rooms as
//! [`super`].

mod data;
mod front;
pub mod further;
pub mod instance;
mod settings;
mod shared_memory;
mod tls;
pub mod tokens;
mod upgrade;
mod wire;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::NoTls;

use super::child::{EndSignal, Program, Supervised};
use super::home::Home;
use super::space;
use super::state::Postgres;
use super::tools::PostgresPrograms;
use super::user::User;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::base::timing::Wait;
use crate::postgres::session;

use data::{end_orphan, for_data, initialise};
pub use settings::SUPERUSER;
use tokens::Tokens;

/// Time limit for the start, crash recovery included.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// Time limit for the shutdown, which writes all data first.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// Delay between two looks at the free space of a disk that is full.
const SPACE: Duration = Duration::from_millis(500);

/// Folder of the server that every stack has.
const MAIN: &str = "postgres";

/// Makes the authority that signs the servers' certificates, unless it exists; returns its file.
///
/// # Errors
/// `LocalSetup` if it can't be made.
pub fn authority(home: &Home) -> Result<PathBuf> {
    let user = User::unprivileged()?;
    let folder = home.file(MAIN);
    make(&folder, user.as_ref())?;
    tls::ensure(&home.file("tls"), &folder, user.as_ref())
}

/// A running server.
pub struct Server {
    process: Supervised,
    pub about: Postgres,
    /// Name of its folder and its log.
    name: String,
    _front: front::Front,
    /// The folder of its socket, if outside of the stack's own folder: removed when dropped.
    _socket: Option<tempfile::TempDir>,
}

impl Server {
    /// Initialises the data folder if it is missing, and starts. Clients that connect to the listeners before that wait. On
    /// the main thread: see [`Supervised::start`].
    ///
    /// # Errors
    /// `LocalSetup`, with the end of the server's log.
    pub async fn start(
        home: &Home,
        programs: &PostgresPrograms,
        tokens: &Tokens,
        listening: (Vec<TcpListener>, u16),
    ) -> Result<Self> {
        Self::start_in(home, programs, tokens, MAIN, listening).await
    }

    /// Starts a server in another folder of the stack. All servers share one certificate: it is for this machine's
    /// name.
    async fn start_in(
        home: &Home,
        programs: &PostgresPrograms,
        tokens: &Tokens,
        name: &str,
        (listeners, port): (Vec<TcpListener>, u16),
    ) -> Result<Self> {
        let user = User::unprivileged()?;
        let folder = home.file(name);
        make(&folder, user.as_ref())?;
        let data = folder.join("data");
        upgrade::recover(&folder).await?;
        let programs = &for_data(home, &data, programs)?;
        if let Some(user) = &user {
            user.allow_path(home.root(), &folder)?;
        }
        allow_programs(home, programs, user.as_ref())?;
        let ca_file = tls::ensure(&home.file("tls"), &home.file(MAIN), user.as_ref())?;
        if name != MAIN {
            tls::copy(&home.file(MAIN), &folder, user.as_ref())?;
        }
        if !data.join("PG_VERSION").exists() {
            initialise(programs, (&folder, "data"), user.as_ref(), None).await?;
        }
        let near = folder.join("socket");
        let far = if fits(&near, port) { None } else { Some(temporary(user.as_ref())?) };
        if far.is_none() {
            make(&near, user.as_ref())?;
        }
        end_orphan(&data).await;
        let about = Postgres {
            host: "localhost".into(),
            port,
            ca_file,
            version: programs.version.clone(),
            bin: programs.bin.clone(),
            socket: far.as_ref().map_or(near, |far| far.path().to_owned()),
        };
        let process = launch(home, name, &about)?;
        let front = front::start(listeners, &folder, &about, tokens)?;
        let mut server = Self { process, about, name: name.to_owned(), _front: front, _socket: far };
        server.ready(home).await?;
        Ok(server)
    }

    /// Upgrades the data to the version of `programs`. Until it returns, connections are cut and refused. On the main
    /// thread: see [`Supervised::start`].
    ///
    /// # Errors
    /// `LocalSetup` with the reason of pg_upgrade: the server then runs with its old data again, unless that fails too.
    async fn upgrade(&mut self, home: &Home, programs: &PostgresPrograms) -> Result<()> {
        let (user, folder) = (User::unprivileged()?, home.file(&self.name));
        allow_programs(home, programs, user.as_ref())?;
        let checksums = superuser(&self.about, "postgres").await?.query_one("SHOW data_checksums", &[]).await;
        let checksums = checksums.or_fail(Kind::LocalSetup, || "the settings of the local PostgreSQL".into())?;
        self.stop().await;
        let upgraded = upgrade::Upgrade {
            folder: &folder,
            before: &self.about,
            after: programs,
            checksums: checksums.get::<_, &str>(0) == "on",
            user: user.as_ref(),
            log: &log_of(home, &format!("{}-upgrade", self.name)),
        };
        let upgraded = upgraded.run().await;
        if upgraded.is_ok() {
            (self.about.bin, self.about.version) = (programs.bin.clone(), programs.version.clone());
        }
        self.start_again(home).await?;
        upgraded
    }

    async fn ready(&mut self, home: &Home) -> Result<()> {
        let log = log_of(home, &self.name);
        let wait = Wait::new(Duration::from_millis(30), START_PATIENCE);
        loop {
            let refused = match superuser(&self.about, "postgres").await {
                Ok(client) => return settings::make_roles(&client).await,
                Err(error) => error,
            };
            tokio::select! {
                how = self.process.ended() => {
                    return Err(Error::new(Kind::LocalSetup, format!("{how}: {}", last_lines(&log)))
                        .hint(format!("its log is {}", log.display())));
                }
                lasts = wait.next() => if !lasts {
                    return Err(Error::new(Kind::LocalSetup, "PostgreSQL does not answer").with_source(refused));
                }
            }
        }
    }

    /// Waits until the server ends by itself; returns its exit and the name of its log. A server whose disk is full ends,
    /// too: it starts again once there is space, as RDS does with an instance in the state `storage-full` after its
    /// storage was extended. On the main thread: see [`Supervised::start`].
    async fn ended_with_log(&mut self, home: &Home) -> (String, String) {
        let folder = home.file(&self.name);
        loop {
            let mut how = self.process.ended().await;
            if space::is_full(&folder) {
                tracing::error!("{how}: the disk of {} is full; it starts again once there is space", folder.display());
                while space::is_full(&folder) {
                    tokio::time::sleep(SPACE).await;
                }
                match self.start_again(home).await {
                    Ok(()) => {
                        tracing::info!("PostgreSQL runs again: its disk has space");
                        continue;
                    }
                    Err(_) if space::is_full(&folder) => continue,
                    Err(error) => how = error.message().to_owned(),
                }
            }
            return (how, format!("{}.log", self.name));
        }
    }

    /// Starts the process of a server that ended.
    async fn start_again(&mut self, home: &Home) -> Result<()> {
        self.process = launch(home, &self.name, &self.about)?;
        self.ready(home).await
    }

    pub async fn stop(&mut self) {
        self.process.stop(STOP_PATIENCE).await;
    }
}

/// Opens a superuser's connection, over the socket that only the daemon's user can reach.
///
/// # Errors
/// `DatabaseUnreachable` if the connection fails.
pub async fn superuser(server: &Postgres, database: &str) -> Result<tokio_postgres::Client> {
    let mut config = tokio_postgres::Config::new();
    config.host_path(&server.socket).port(server.port).user(SUPERUSER).dbname(database);
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

/// Starts the server's process on complete data.
fn launch(home: &Home, name: &str, about: &Postgres) -> Result<Supervised> {
    let (user, folder) = (User::unprivileged()?, home.file(name));
    let data = folder.join("data");
    settings::write(&data, &folder, about, user.as_ref())?;
    Supervised::start(Program {
        name: "PostgreSQL",
        path: &about.bin.join("postgres"),
        arguments: vec!["-D".into(), data.clone().into()],
        environment: vec![("LC_ALL", "C".into()), ("TZ", "UTC".into())],
        user: user.as_ref(),
        folder: &data,
        log: &log_of(home, name),
        end: EndSignal::Int,
    })
}

fn log_of(home: &Home, name: &str) -> PathBuf {
    home.logs().join(format!("{name}.log"))
}

/// Lets the server's user reach the programs.
fn allow_programs(home: &Home, programs: &PostgresPrograms, user: Option<&User>) -> Result<()> {
    let Some(user) = user else { return Ok(()) };
    let root = std::fs::canonicalize(home.root()).unwrap_or_else(|_| home.root().to_owned());
    user.allow_path(&root, &programs.bin)
}

/// Creates a folder that only the server's user can read.
fn make(folder: &Path, user: Option<&User>) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let failed = || format!("{} can't be created", folder.display());
    std::fs::create_dir_all(folder).or_fail(Kind::LocalSetup, failed)?;
    if let Some(user) = user {
        user.own(folder)?;
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).or_fail(Kind::LocalSetup, failed)
}

/// Returns whether a socket in this folder has an address that the system accepts (107 bytes).
fn fits(folder: &Path, port: u16) -> bool {
    folder.join(format!(".s.PGSQL.{port}.lock")).as_os_str().len() <= 100
}

/// Creates a folder with a short name, for the server's user only. Its name is random: another user could have put a
/// link at a predictable name.
fn temporary(user: Option<&User>) -> Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let own = std::fs::Permissions::from_mode(0o700);
    let folder = tempfile::Builder::new().prefix("outboxctl-").permissions(own).tempdir_in("/tmp");
    let folder = folder.or_fail(Kind::LocalSetup, || "no folder can be created in /tmp".into())?;
    if let Some(user) = user {
        user.own(folder.path())?;
    }
    Ok(folder)
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let worth = text.lines().rev().find(|line| line.contains("FATAL") || line.contains("PANIC"));
    worth.or(text.lines().last()).unwrap_or("its log is empty").to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_long_path_moves_the_socket_to_a_new_folder() {
        let (one, other) = (temporary(None).unwrap(), temporary(None).unwrap());
        assert_ne!(one.path(), other.path());
        assert_eq!(std::fs::symlink_metadata(one.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(fits(one.path(), 65535) && !fits(&one.path().join("x".repeat(100)), 1));
    }

    #[test]
    fn the_owner_of_a_link_itself_is_changed() {
        // Only root can change the owner of files.
        let Some(user) = User::unprivileged().ok().flatten() else { return };
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::fs::write(&target, "").unwrap();
        symlink(&target, &link).unwrap();
        user.own(&link).unwrap();
        assert_eq!(std::fs::metadata(&target).unwrap().uid(), 0, "what it points to stays root's");
        assert_eq!(std::fs::symlink_metadata(&link).unwrap().uid(), user.uid);
    }
}
