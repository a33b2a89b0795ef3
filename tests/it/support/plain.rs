//! A PostgreSQL server of a test's own that knows nothing of AWS: no local stack, no roles of RDS.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Secret, Target, connect};
use tokio_postgres::Client;

/// Password of the owner. It must not occur in any message.
pub const PASSWORD: &str = "pl4nted/p@ss word%";

/// A running server, with an owner `shop` of the database `shop` who is not a superuser.
pub struct Plain {
    folder: tempfile::TempDir,
    bin: PathBuf,
    server: Child,
    pub port: u16,
}

impl Drop for Plain {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown.
        let pid = i32::try_from(self.server.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        }
        let _ = self.server.wait();
    }
}

impl Plain {
    /// Starts a server with TLS and these lines of postgresql.conf; `None` if PostgreSQL is not installed.
    pub async fn start(settings: &str) -> Option<Self> {
        let bin = programs()?;
        let folder = folder();
        run(&bin, "initdb", &["-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"], folder.path());
        certificate(folder.path());
        let port = free_port();
        let path = folder.path().display();
        let common = format!(
            "fsync = off\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{path}'\nshared_buffers = '16MB'\n\
             ssl = on\nssl_cert_file = '{path}/cert.pem'\nssl_key_file = '{path}/key.pem'\n{settings}\n"
        );
        append(&folder.path().join("data/postgresql.conf"), &common);
        // The owner has a password over TCP; the superuser comes through the socket.
        let access = "local all postgres trust\nlocal replication postgres trust\nlocal all all scram-sha-256\n\
                      host all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(folder.path().join("data/pg_hba.conf"), access).expect("pg_hba.conf");
        let plain = Self { server: serve(&bin, folder.path(), "data", port), folder, bin, port };
        plain.ready("data", port).await;
        let admin = plain.superuser("postgres").await;
        let owner = format!("CREATE ROLE shop LOGIN REPLICATION CREATEROLE PASSWORD '{PASSWORD}'");
        for statement in [owner.as_str(), "CREATE DATABASE shop OWNER shop"] {
            admin.batch_execute(statement).await.expect("the owner and the database");
        }
        Some(plain)
    }

    /// Starts a standby of this server; returns its process and its port.
    pub async fn standby(&self) -> (Standby, u16) {
        let socket = self.folder.path().to_string_lossy().into_owned();
        let port = self.port.to_string();
        let copy = ["-D", "standby", "-h", &socket, "-p", &port, "-U", "postgres", "-R", "-X", "stream", "-c", "fast"];
        run(&self.bin, "pg_basebackup", &copy, self.folder.path());
        let port = free_port();
        let standby = Standby(serve(&self.bin, self.folder.path(), "standby", port));
        self.ready("standby", port).await;
        (standby, port)
    }

    /// Waits until a standby has applied everything up to a position of the log.
    pub async fn replayed(&self, port: u16, position: &str) {
        let host = self.folder.path().to_string_lossy().into_owned();
        let (database, user) = ("shop".to_owned(), "postgres".to_owned());
        let target = Target { host, port, database, user, password: Secret::new(""), roots: Roots::NoTls };
        let standby = connect(&target).await.expect("the standby");
        let query = "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn";
        while !standby.query_one(query, &[&position]).await.expect("its position").get::<_, bool>(0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn ready(&self, data: &str, port: u16) {
        let (socket, port) = (self.folder.path().to_string_lossy().into_owned(), port.to_string());
        for _ in 0..1_200 {
            let mut ask = Command::new(self.bin.join("pg_isready"));
            ask.args(["-q", "-h", &socket, "-p", &port]).stdout(Stdio::null());
            if ask.status().expect("pg_isready").success() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{data} did not start: {}", self.log(data));
    }

    /// Returns the server's log.
    pub fn log(&self, data: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{data}.log"))).unwrap_or_default()
    }

    /// Returns the certificate that the server presents, which is its own authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Returns the connection string of the owner.
    pub fn url(&self) -> String {
        self.url_of("shop", PASSWORD)
    }

    /// Returns a connection string with verified TLS.
    pub fn url_of(&self, database: &str, password: &str) -> String {
        let password: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let (port, file) = (self.port, self.authority().display().to_string());
        format!("postgresql://shop:{password}@localhost:{port}/{database}?sslmode=verify-full&sslrootcert={file}")
    }

    /// Connects as superuser, through the socket.
    pub async fn superuser(&self, database: &str) -> Client {
        self.connect(self.folder.path().to_string_lossy().into_owned(), database, "postgres", Roots::NoTls).await
    }

    /// Connects as the owner.
    pub async fn owner(&self, database: &str) -> Client {
        self.connect("localhost".to_owned(), database, "shop", Roots::File(self.authority())).await
    }

    async fn connect(&self, host: String, database: &str, user: &str, roots: Roots) -> Client {
        let (database, user) = (database.to_owned(), user.to_owned());
        let target = Target { host, port: self.port, database, user, password: Secret::new(PASSWORD), roots };
        connect(&target).await.expect("a connection")
    }

    /// Returns a program that runs as the server's user, in its folder.
    pub fn command(&self, program: &str) -> Command {
        command(&self.bin, program, self.folder.path())
    }

    /// Returns a PostgreSQL program that connects as the owner.
    pub fn program(&self, name: &str, database: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PGPASSWORD", PASSWORD)
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "shop", "-d", database]);
        command
    }
}

/// A standby, which is stopped when it is dropped.
pub struct Standby(Child);

impl Drop for Standby {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the folder of the newest PostgreSQL programs, where Debian, Red Hat and Homebrew install them.
pub fn programs() -> Option<PathBuf> {
    let mut bins: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    for parent in ["/usr/lib/postgresql", "/opt/homebrew/opt"] {
        let folders = std::fs::read_dir(parent).into_iter().flatten().flatten();
        bins.extend(folders.map(|folder| folder.path().join("bin")));
    }
    let all = ["initdb", "postgres", "pg_basebackup", "psql", "pg_dump"];
    bins.into_iter().find(|bin| all.iter().all(|name| bin.join(name).is_file()))
}

/// Returns the user of the servers: PostgreSQL does not run as root.
fn user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").expect("the accounts");
    let of = |name: &str| {
        let line = accounts.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("pg").tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("a readable folder");
    own(folder.path());
    folder
}

fn own(path: &Path) {
    if let Some((user, group)) = user() {
        chown(path, Some(user), Some(group)).expect("an owner");
    }
}

fn command(bin: &Path, program: &str, folder: &Path) -> Command {
    let mut command = Command::new(bin.join(program));
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if let Some((user, group)) = user() {
        command.uid(user).gid(group);
    }
    command
}

fn run(bin: &Path, program: &str, args: &[&str], folder: &Path) {
    let output = command(bin, program, folder).args(args).output().expect("a program of PostgreSQL");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

fn serve(bin: &Path, folder: &Path, data: &str, port: u16) -> Child {
    let log = std::fs::File::create(folder.join(format!("{data}.log"))).expect("a log");
    let mut server = command(bin, "postgres", folder);
    server.args(["-D", data, "-p", &port.to_string()]).stdout(Stdio::null()).stderr(log);
    server.spawn().expect("the server")
}

/// Writes a certificate for `localhost` and its key.
fn certificate(folder: &Path) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = certificate.self_signed(&key).expect("a certificate");
    for (name, text) in [("key.pem", key.serialize_pem()), ("cert.pem", certificate.pem())] {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        let mode = if name == "key.pem" { 0o600 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
        own(&path);
    }
}

fn append(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).expect("a file");
    std::fs::write(path, before + text).expect("a file");
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port()
}
