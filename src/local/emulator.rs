//! The AWS emulator as a child process: an unmodified package, started through `launcher.py`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::child::{EndSignal, Program, Supervised};
use super::child_environment::WITHOUT_AWS_FILES;
use super::home::{Home, read_of_other, write_for};
use super::tools::Environment;
use super::transports::Transports;
use super::user::User;
use super::{orphans, space};
use crate::aws::AccessKey;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::base::report::utc;
use crate::base::timing::Wait;

/// The launcher, and the modules that it imports.
const LAUNCHER: &str = "launcher.py";
const SCRIPTS: &[(&str, &str)] = &[
    (LAUNCHER, include_str!("launcher.py")),
    ("access.py", include_str!("launcher/access.py")),
    ("answers.py", include_str!("launcher/answers.py")),
    ("cloud_control.py", include_str!("launcher/cloud_control.py")),
    ("databases.py", include_str!("launcher/databases.py")),
    ("disorder.py", include_str!("launcher/disorder.py")),
    ("emulated.py", include_str!("launcher/emulated.py")),
    ("expiry.py", include_str!("launcher/expiry.py")),
    ("functions.py", include_str!("launcher/functions.py")),
    ("gateway.py", include_str!("launcher/gateway.py")),
    ("log_groups.py", include_str!("launcher/log_groups.py")),
    ("network.py", include_str!("launcher/network.py")),
    ("push.py", include_str!("launcher/push.py")),
    ("queues.py", include_str!("launcher/queues.py")),
    ("records.py", include_str!("launcher/records.py")),
    ("resources.py", include_str!("launcher/resources.py")),
    ("rights.py", include_str!("launcher/rights.py")),
    ("rules.py", include_str!("launcher/rules.py")),
    ("shards.py", include_str!("launcher/shards.py")),
    ("snapshots.py", include_str!("launcher/snapshots.py")),
    ("sockets.py", include_str!("launcher/sockets.py")),
    ("state.py", include_str!("launcher/state.py")),
    ("streams.py", include_str!("launcher/streams.py")),
    ("templates.py", include_str!("launcher/templates.py")),
    ("transports.py", include_str!("launcher/transports.py")),
    ("workers.py", include_str!("launcher/workers.py")),
    ("registry.txt", include_str!("../pipelines/registry.txt")),
];
/// Time limit for the start: the emulator imports some 100 modules and reads its state.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// Time limit for the end: the emulator writes its state, streams and packages included.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// A running emulator.
pub struct Emulator {
    process: Supervised,
    pub url: String,
    folder: PathBuf,
    uid: u32,
}

/// Settings of the emulator.
pub struct Settings<'a> {
    pub home: &'a Home,
    pub environment: &'a Environment,
    /// The gateway's port, which the emulator also uses in the addresses that it returns.
    pub gateway_port: u16,
    pub region: &'a str,
    /// The stack's key, which functions get.
    pub key: &'a AccessKey,
    /// Secret that the gateway sends with every request.
    pub secret: &'a str,
    /// CloudFormation types that the gateway provides.
    pub types: Vec<&'static str>,
    /// PEM of the authority that signs the local database; functions find a copy by PGSSLROOTCERT.
    pub ca_file: PathBuf,
    pub transports: Transports,
    /// Folder for the record of every authorization decision, if any.
    pub records: Option<String>,
}

/// File that exists while the emulator has changes that are not saved. If it exists after the emulator's end, they are
/// lost; it then holds the reason, if one is known.
const UNSAVED: &str = "unsaved";
/// File whose time is that of the last snapshot.
const SAVED: &str = "saved";

/// The end of an emulator that can't read its saved state (`state.py`). Its last words name the file and what to do.
const UNREADABLE: &str = "exit status: 4";

/// Copy of the authority's certificate.
const AUTHORITY: &str = "ca.pem";

/// Returns why an emulator that has ended did not save everything, and what is lost; `None` if it did.
pub fn unsaved(home: &Home) -> Option<String> {
    let text = read_of_other(&home.file("emulator").join(UNSAVED))?;
    let lost = lost(home)?;
    // On a full disk, not even the reason can be written.
    let full = space::free(&home.stack()).is_some_and(|free| free < 1 << 20);
    Some(match (text.is_empty(), full) {
        (false, _) => format!("{text}; {lost}"),
        (true, true) => format!("no space is left in {}; {lost}", home.stack().display()),
        (true, false) => format!("it was killed, or did not finish in time; {lost}"),
    })
}

/// Returns what an emulator that has ended did not save: "changes after 2026-11-27 01:05:17 UTC are lost".
pub fn lost(home: &Home) -> Option<String> {
    let Snapshot { at, complete } = Snapshot::of(home);
    let at = at.map_or_else(|| "its start".into(), utc);
    (!complete).then(|| format!("changes after {at} are lost"))
}

/// The emulator's state on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Time of the last snapshot; `None` before the first one.
    pub at: Option<DateTime<Utc>>,
    /// Nothing has changed since.
    pub complete: bool,
}

impl Snapshot {
    /// Reads the files that the emulator keeps about it.
    pub fn of(home: &Home) -> Self {
        let folder = home.file("emulator");
        let at = std::fs::symlink_metadata(folder.join(SAVED)).and_then(|about| about.modified());
        Self { at: at.ok().map(DateTime::from), complete: !folder.join(UNSAVED).exists() }
    }
}

impl Emulator {
    /// Starts the emulator. On the main thread: see [`Supervised::start`]. The text is what an earlier one did not save.
    ///
    /// # Errors
    /// `LocalSetup`, with the end of the emulator's log.
    pub async fn start(settings: Settings<'_>) -> Result<(Self, Option<String>)> {
        let folder = settings.home.file("emulator");
        let temporary = folder.join("tmp");
        std::fs::create_dir_all(&temporary)
            .or_fail(Kind::LocalSetup, || format!("{} can't be created", temporary.display()))?;
        let user = settings.environment.user.as_ref();
        let uid = user.map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
        hand_over(settings.home, &folder, settings.environment)?;
        let lost = unsaved(settings.home);
        for (name, text) in SCRIPTS {
            write_for(&folder.join(name), text.as_bytes(), user)?;
        }
        let launcher = folder.join(LAUNCHER);
        // Functions find it here: their user can't read the stack's own folders.
        let authority = std::fs::read(&settings.ca_file);
        let authority =
            authority.or_fail(Kind::LocalSetup, || format!("{} can't be read", settings.ca_file.display()))?;
        write_for(&folder.join(AUTHORITY), &authority, user)?;
        let port_file = folder.join("port");
        // Left by the run before.
        let _ = std::fs::remove_file(&port_file);
        let log = settings.home.logs().join("emulator.log");
        let process = Supervised::start(Program {
            name: "the emulator",
            path: &settings.environment.python,
            // Unbuffered, without bytecode files, and without packages of the machine: some of them would change the
            // behavior of the emulator.
            arguments: vec![
                "-u".into(),
                "-B".into(),
                "-S".into(),
                launcher.into(),
                settings.environment.packages.clone().into(),
            ],
            environment: environment(&settings, &folder, &port_file),
            user,
            folder: &folder,
            log: &log,
            end: EndSignal::Term,
        })?;
        let mut emulator = Self { process, url: String::new(), folder, uid };
        emulator.url = format!("http://127.0.0.1:{}", emulator.ready(&port_file, &log).await?);
        Ok((emulator, lost))
    }

    async fn ready(&mut self, port_file: &Path, log: &Path) -> Result<u16> {
        let hint = format!("its log is {}", log.display());
        let wait = Wait::new(Duration::from_millis(25), START_PATIENCE);
        loop {
            if let Some(text) = read_of_other(port_file) {
                return text
                    .parse()
                    .or_fail(Kind::Unexpected, || format!("{} does not hold a port", port_file.display()));
            }
            tokio::select! {
                how = self.process.ended() => {
                    let said = std::fs::read_to_string(log).unwrap_or_default();
                    let last = said.lines().last().unwrap_or("its log is empty");
                    let remedy = match how.contains(UNREADABLE) {
                        true => "or remove all data of the local stack: `outboxctl local down --purge`",
                        false => "fetch it again: `outboxctl local down --purge-tools`, then `outboxctl local up`",
                    };
                    return Err(Error::new(Kind::LocalSetup, format!("{how}: {last}")).hint(hint).hint(remedy));
                }
                lasts = wait.next() => if !lasts {
                    return Err(Error::new(Kind::LocalSetup, "the emulator does not answer").hint(hint));
                }
            }
        }
    }

    /// Returns the id of the user that it and its functions run as.
    pub fn uid(&self) -> u32 {
        self.uid
    }

    pub fn pid(&self) -> u32 {
        self.running().unwrap_or(0)
    }

    /// Returns its process id, unless it has ended.
    pub fn running(&self) -> Option<u32> {
        self.process.pid()
    }

    /// Waits until the emulator ends by itself.
    pub async fn ended(&mut self) -> String {
        self.process.ended().await
    }

    /// Ends the emulator without saving its state.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Ends the emulator. Returns false if its state could not be saved.
    pub async fn stop(&mut self) -> bool {
        self.process.stop(STOP_PATIENCE).await;
        !self.folder.join(UNSAVED).exists()
    }
}

/// Makes the emulator's user owner of the folder, and lets that user reach it and the packages.
fn hand_over(home: &Home, folder: &Path, environment: &Environment) -> Result<()> {
    let Some(user) = &environment.user else {
        // Root's from now on: its files must be handed over when another user runs the emulator again.
        return if rustix::process::geteuid().is_root() { User::root().own(folder) } else { Ok(()) };
    };
    user.own_all(folder)?;
    user.own(&folder.join("tmp"))?;
    user.allow_path(home.root(), folder)?;
    let root = std::fs::canonicalize(home.root()).unwrap_or_else(|_| home.root().to_owned());
    user.allow_path(&root, &environment.packages)
}

fn environment(settings: &Settings<'_>, folder: &Path, port_file: &Path) -> Vec<(&'static str, OsString)> {
    let gateway = format!("http://127.0.0.1:{}", settings.gateway_port);
    // The emulator keeps the record of a database.
    let (extended, ours): (Vec<_>, Vec<_>) = settings.types.iter().partition(|name| name.starts_with("AWS::RDS::"));
    let join = |types: Vec<&&str>| types.into_iter().copied().collect::<Vec<_>>().join(",").into();
    let mut variables: Vec<(&'static str, OsString)> = vec![
        ("OUTBOXCTL_GATEWAY", gateway.clone().into()),
        ("OUTBOXCTL_RESOURCE_TYPES", join(ours)),
        ("OUTBOXCTL_EXTENDED_TYPES", join(extended)),
        ("OUTBOXCTL_PORT_FILE", port_file.into()),
        ("OUTBOXCTL_EMULATOR_SECRET", settings.secret.into()),
        ("OUTBOXCTL_UNSAVED_FILE", folder.join(UNSAVED).into()),
        // Addresses that it returns (queues, APIs) lead through the gateway.
        ("GATEWAY_PORT", settings.gateway_port.to_string().into()),
        ("MINISTACK_REGION", settings.region.into()),
        // Verifies signatures and evaluates policies: functions get sessions of their roles.
        ("AUTH", "true".into()),
        ("PERSIST_STATE", "1".into()),
        ("STATE_DIR", folder.join("state").into()),
        ("S3_PERSIST", "1".into()),
        ("S3_DATA_DIR", folder.join("s3").into()),
        ("TMPDIR", folder.join("tmp").into()),
        ("LOG_LEVEL", "INFO".into()),
        // Unused listeners; they would listen on all interfaces.
        ("SFTP_ENABLED", "0".into()),
        ("IOT_MTLS_ENABLED", "0".into()),
        // Variables that functions inherit, in addition to those that `launcher.py` lists.
        ("AWS_ENDPOINT_URL", gateway.into()),
        ("AWS_REGION", settings.region.into()),
        ("AWS_DEFAULT_REGION", settings.region.into()),
        ("AWS_ACCESS_KEY_ID", settings.key.id.clone().into()),
        ("AWS_SECRET_ACCESS_KEY", settings.key.secret.clone().into()),
        ("PGSSLROOTCERT", folder.join(AUTHORITY).into()),
        ("OUTBOXCTL_RIGHTS_RECORDS", settings.records.clone().unwrap_or_default().into()),
        ("OUTBOXCTL_SEED", settings.transports.seed.map(|seed| seed.to_string()).unwrap_or_default().into()),
        ("OUTBOXCTL_UNLIMITED", if settings.transports.shard_limits { "" } else { "1" }.into()),
        (orphans::MARK, settings.home.stack().into()),
    ];
    variables.extend(WITHOUT_AWS_FILES.map(|(name, value)| (name, value.into())));
    variables
}
