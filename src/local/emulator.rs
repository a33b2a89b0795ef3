//! The AWS emulator as a child: an unmodified package, started through `launcher.py`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::child::{EndSignal, Program, Supervised};
use super::child_environment::WITHOUT_AWS_FILES;
use super::home::{Home, read_of_other, write_for};
use super::orphans;
use super::tools::Environment;
use super::transports::Transports;
use super::user::User;
use crate::aws::AccessKey;
use crate::error::{Error, Kind, OrFail, Result};

/// The program that runs it, and the modules that it imports.
const LAUNCHER: &str = "launcher.py";
const SCRIPTS: [(&str, &str); 11] = [
    (LAUNCHER, include_str!("launcher.py")),
    ("disorder.py", include_str!("launcher/disorder.py")),
    ("emulated.py", include_str!("launcher/emulated.py")),
    ("functions.py", include_str!("launcher/functions.py")),
    ("network.py", include_str!("launcher/network.py")),
    ("registry.txt", include_str!("../pipelines/registry.txt")),
    ("rights.py", include_str!("launcher/rights.py")),
    ("shards.py", include_str!("launcher/shards.py")),
    ("streams.py", include_str!("launcher/streams.py")),
    ("templates.py", include_str!("launcher/templates.py")),
    ("transports.py", include_str!("launcher/transports.py")),
];
/// It imports some 100 modules and reads its state back.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// It writes its state out, streams and packages included.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// A running emulator.
pub struct Emulator {
    process: Supervised,
    pub url: String,
    folder: PathBuf,
    uid: u32,
}

/// What it has to know of the stack.
pub struct Settings<'a> {
    pub home: &'a Home,
    pub environment: &'a Environment,
    /// Our own endpoint, which it also names in the addresses that it gives out.
    pub gateway_port: u16,
    pub region: &'a str,
    /// The stack's key, which functions get.
    pub key: &'a AccessKey,
    /// What the gateway shows with every request.
    pub secret: &'a str,
    /// CloudFormation types that the gateway makes.
    pub types: Vec<&'static str>,
    /// PEM of the authority that signs the local database; functions find a copy by PGSSLROOTCERT.
    pub ca_file: PathBuf,
    pub transports: Transports,
    /// Folder for the record of every decision about rights; None keeps none.
    pub records: Option<String>,
}

/// Its file that is there while it has state that is not saved: after its end, the sign that the state is lost. It holds
/// the reason where there was one.
const UNSAVED: &str = "unsaved";

/// Its copy of the authority's certificate.
const AUTHORITY: &str = "ca.pem";

/// Returns why the state of an emulator that has ended is lost, `None` when it was saved.
pub fn unsaved(home: &Home) -> Option<String> {
    let text = read_of_other(&home.file("emulator").join(UNSAVED))?;
    Some(if text.is_empty() { "it was killed, or did not finish in time".to_owned() } else { text })
}

impl Emulator {
    /// On the main thread: see [`Supervised::start`]. The flag is true when the state before was lost.
    ///
    /// # Errors
    /// `LocalSetup`, with the end of its log.
    pub async fn start(settings: Settings<'_>) -> Result<(Self, bool)> {
        let folder = settings.home.file("emulator");
        let temporary = folder.join("tmp");
        std::fs::create_dir_all(&temporary)
            .or_fail(Kind::LocalSetup, || format!("{} can't be made", temporary.display()))?;
        let user = settings.environment.user.as_ref();
        let uid = user.map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
        hand_over(settings.home, &folder, settings.environment)?;
        let lost = folder.join(UNSAVED).exists();
        for (name, text) in SCRIPTS {
            write_for(&folder.join(name), text.as_bytes(), user)?;
        }
        let launcher = folder.join(LAUNCHER);
        // Functions find it here: the stack's own folders are closed to their user.
        let authority = std::fs::read(&settings.ca_file);
        let authority =
            authority.or_fail(Kind::LocalSetup, || format!("{} can't be read", settings.ca_file.display()))?;
        write_for(&folder.join(AUTHORITY), &authority, user)?;
        let port_file = folder.join("port");
        // Of the run before.
        let _ = std::fs::remove_file(&port_file);
        let log = settings.home.logs().join("emulator.log");
        let process = Supervised::start(Program {
            name: "the emulator",
            path: &settings.environment.python,
            // Unbuffered, without files of bytecode, without the user's own packages.
            arguments: vec![
                "-u".into(),
                "-B".into(),
                "-s".into(),
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
        let deadline = Instant::now() + START_PATIENCE;
        while Instant::now() < deadline {
            if let Some(text) = read_of_other(port_file) {
                return text.parse().or_fail(Kind::Unexpected, || format!("{} is no port", port_file.display()));
            }
            tokio::select! {
                how = self.process.ended() => {
                    let said = std::fs::read_to_string(log).unwrap_or_default();
                    let last = said.lines().last().unwrap_or("its log is empty");
                    return Err(Error::new(Kind::LocalSetup, format!("{how}: {last}"))
                        .hint(format!("its log is {}", log.display()))
                        .hint("fetch it again: `outboxctl local down --purge-tools`, then `outboxctl local up`"));
                }
                () = tokio::time::sleep(Duration::from_millis(25)) => {}
            }
        }
        Err(Error::new(Kind::LocalSetup, "the emulator does not answer").hint(format!("its log is {}", log.display())))
    }

    /// Returns the id of the user that it and its functions run as.
    pub fn uid(&self) -> u32 {
        self.uid
    }

    pub fn pid(&self) -> u32 {
        self.process.pid().unwrap_or(0)
    }

    /// Resolves when the emulator ends on its own.
    pub async fn ended(&mut self) -> String {
        self.process.ended().await
    }

    /// Ends it. False when its state could not be saved.
    pub async fn stop(&mut self) -> bool {
        self.process.stop(STOP_PATIENCE).await;
        !self.folder.join(UNSAVED).exists()
    }
}

/// Gives the folder to the user that the emulator runs as, and lets that user reach it and the packages.
fn hand_over(home: &Home, folder: &Path, environment: &Environment) -> Result<()> {
    let Some(user) = &environment.user else {
        // Root's from now on: what it writes must be handed over when another user runs the emulator again.
        return if rustix::process::geteuid().is_root() { User::root().own(folder) } else { Ok(()) };
    };
    user.own_all(folder)?;
    user.own(&folder.join("tmp"))?;
    user.let_through(home.root(), folder)?;
    let root = std::fs::canonicalize(home.root()).unwrap_or_else(|_| home.root().to_owned());
    user.let_through(&root, &environment.packages)
}

fn environment(settings: &Settings<'_>, folder: &Path, port_file: &Path) -> Vec<(&'static str, OsString)> {
    let gateway = format!("http://127.0.0.1:{}", settings.gateway_port);
    // The record of a database stays the emulator's.
    let (extended, ours): (Vec<_>, Vec<_>) = settings.types.iter().partition(|name| **name == "AWS::RDS::DBInstance");
    let join = |types: Vec<&&str>| types.into_iter().copied().collect::<Vec<_>>().join(",").into();
    let mut variables: Vec<(&'static str, OsString)> = vec![
        ("OUTBOXCTL_GATEWAY", gateway.clone().into()),
        ("OUTBOXCTL_RESOURCE_TYPES", join(ours)),
        ("OUTBOXCTL_EXTENDED_TYPES", join(extended)),
        ("OUTBOXCTL_PORT_FILE", port_file.into()),
        ("OUTBOXCTL_EMULATOR_SECRET", settings.secret.into()),
        ("OUTBOXCTL_UNSAVED_FILE", folder.join(UNSAVED).into()),
        // Addresses that it gives out (queues, APIs) lead through the gateway.
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
        // Listeners that nobody here needs; they would be on all interfaces.
        ("SFTP_ENABLED", "0".into()),
        ("IOT_MTLS_ENABLED", "0".into()),
        // What functions inherit, with what `launcher.py` lists.
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
