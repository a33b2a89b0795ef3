//! Against a real server, started here with TLS and a plain owner. Skipped where PostgreSQL is not installed.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio_postgres::Client;
use uuid::Uuid;

use super::admin::{AdminRequest, AdminResponse, Domain, InitReport, SampleRequest, StatusReport, execute};
use super::tls::Roots;
use super::{Secret, Target, WRITER, connect};
use crate::error::Kind;

/// A server of its own, ended when dropped.
struct Server {
    process: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its folder goes with it, so nothing needs to be saved.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let found = versions.flatten().map(|entry| entry.path().join("bin")).filter(|bin| bin.join("postgres").is_file());
    found.max()
}

/// PostgreSQL refuses to run as root: then it runs as the user `postgres`.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = unprivileged() {
        command.uid(uid).gid(gid);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn unprivileged() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let fields: Vec<&str> = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').collect();
    Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
}

impl Server {
    /// None where PostgreSQL is not installed.
    async fn start() -> Option<Self> {
        let bin = programs()?;
        let folder = tempfile::tempdir().expect("a folder");
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("address").port();
        if let Some((uid, gid)) = unprivileged() {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).expect("chown");
        }
        let data = folder.path().join("data");
        let made = command(&bin.join("initdb")).args(["-U", "postgres", "-A", "trust", "-D"]).arg(&data).status();
        assert!(made.expect("initdb").success());
        certificates(folder.path(), &data);
        std::fs::write(data.join("pg_hba.conf"), "local all all trust\nhostssl all all all scram-sha-256\n")
            .expect("hba");
        let socket = folder.path().display().to_string();
        let process = command(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on", "-c", "wal_level=logical", "-c", "fsync=off"])
            .args(["-c", &format!("unix_socket_directories={socket}"), "-c", &format!("port={port}")])
            .spawn()
            .expect("postgres");
        let server = Self { process, folder, port };
        server.prepare(&bin).await;
        Some(server)
    }

    /// An owner as RDS makes it: no superuser. `rds_iam` as on RDS.
    async fn prepare(&self, bin: &Path) {
        let owner = "CREATE ROLE rds_iam; CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'planted-password'";
        let grant = "DO $$ BEGIN IF current_setting('server_version_num')::int >= 160000
            THEN GRANT rds_iam TO owner WITH ADMIN OPTION; END IF; END $$";
        for _ in 0..200 {
            let done = command(&bin.join("psql"))
                .args(["-U", "postgres", "-v", "ON_ERROR_STOP=1", "-p", &self.port.to_string(), "-h"])
                .arg(self.folder.path())
                .args(["-c", owner, "-c", grant, "-c", "CREATE DATABASE outbox OWNER owner"])
                .status();
            if done.expect("psql").success() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server did not start");
    }

    fn target(&self) -> Target {
        Target {
            host: "localhost".into(),
            port: self.port,
            database: "outbox".into(),
            user: "owner".into(),
            password: Secret::new("planted-password"),
            roots: Roots::File(self.folder.path().join("ca.pem")),
        }
    }
}

/// A server certificate for localhost, which is its own authority.
fn certificates(folder: &Path, data: &Path) {
    let key = rcgen::KeyPair::generate().expect("key");
    let params = rcgen::CertificateParams::new(vec!["localhost".into()]).expect("params");
    let certificate = params.self_signed(&key).expect("certificate");
    std::fs::write(folder.join("ca.pem"), certificate.pem()).expect("ca");
    std::fs::write(data.join("server.crt"), certificate.pem()).expect("certificate");
    std::fs::write(data.join("server.key"), key.serialize_pem()).expect("key");
    std::fs::set_permissions(data.join("server.key"), PermissionsExt::from_mode(0o600)).expect("mode");
    if let Some((uid, gid)) = unprivileged() {
        std::os::unix::fs::chown(data.join("server.key"), Some(uid), Some(gid)).expect("chown");
    }
}

async fn init(client: &mut Client, dry_run: bool) -> InitReport {
    match execute(client, AdminRequest::Init { dry_run }).await.expect("init") {
        AdminResponse::Init(report) => report,
        other => panic!("{other:?}"),
    }
}

async fn status(client: &mut Client) -> StatusReport {
    match execute(client, AdminRequest::Status).await.expect("status") {
        AdminResponse::Status(report) => report,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn connecting_fails_with_the_kind_that_fits() {
    let Some(server) = Server::start().await else { return };
    let fail = async |change: &dyn Fn(&mut Target)| {
        let mut target = server.target();
        change(&mut target);
        let error = connect(&target).await.expect_err("refused");
        assert!(!format!("{error:?}").contains("planted-password"));
        error.kind()
    };
    connect(&server.target()).await.expect("the right way in");
    assert_eq!(fail(&|t| t.password = Secret::new("wrong")).await, Kind::WrongSecret);
    assert_eq!(fail(&|t| t.user = "nobody".into()).await, Kind::WrongSecret);
    assert_eq!(fail(&|t| t.database = "nothing".into()).await, Kind::UnknownDatabase);
    assert_eq!(fail(&|t| t.roots = Roots::Rds).await, Kind::UntrustedCertificate);
    assert_eq!(fail(&|t| t.host = "127.0.0.1".into()).await, Kind::UntrustedCertificate);
    assert_eq!(fail(&|t| t.port = 1).await, Kind::DatabaseUnreachable);
}

#[tokio::test]
async fn init_is_done_once_and_repairs_what_was_dropped() {
    let Some(server) = Server::start().await else { return };
    let mut client = connect(&server.target()).await.expect("connect");
    let dry = init(&mut client, true).await;
    assert!(dry.changed && !dry.applied.is_empty());
    assert_eq!(status(&mut client).await.applied, [], "a dry run leaves nothing");
    let first = init(&mut client, false).await;
    assert_eq!((first.applied, first.ensured), (dry.applied, dry.ensured));
    let second = init(&mut client, false).await;
    assert!(!second.changed, "{second:?}");
    client.batch_execute("DROP PUBLICATION outboxctl").await.expect("drop");
    assert!(!status(&mut client).await.publication);
    assert_eq!(init(&mut client, false).await.ensured, ["publication outboxctl created"]);
    let now = status(&mut client).await;
    assert!(now.publication && now.pending.is_empty() && now.warnings.is_empty(), "{now:?}");
    assert_eq!(now.outbox.map(|outbox| outbox.rows), Some(0));
}

#[tokio::test]
async fn two_inits_at_once_both_succeed_and_one_changes() {
    let Some(server) = Server::start().await else { return };
    let mut one = connect(&server.target()).await.expect("connect");
    let mut two = connect(&server.target()).await.expect("connect");
    let (one, two) = tokio::join!(init(&mut one, false), init(&mut two, false));
    assert!(one.changed != two.changed, "{one:?} {two:?}");
}

#[tokio::test]
async fn samples_number_each_aggregate_without_gaps_whatever_is_rolled_back() {
    let Some(server) = Server::start().await else { return };
    let mut client = connect(&server.target()).await.expect("connect");
    init(&mut client, false).await;
    let request = SampleRequest {
        run: Uuid::now_v7(),
        first: 0,
        count: 10,
        domain: Domain::People,
        aggregates: 3,
        rate: None,
        rollback: false,
    };
    let rolled_back = SampleRequest { first: 10, count: 1, rollback: true, ..request.clone() };
    let more = SampleRequest { first: 10, count: 5, ..request.clone() };
    for request in [request, rolled_back, more] {
        execute(&mut client, AdminRequest::SampleInsert(request)).await.expect("insert");
    }
    let gaps: i64 = client
        .query_one(
            "SELECT count(*) FROM (SELECT max(sequence) - count(*) AS gap FROM outbox GROUP BY aggregate_id) x WHERE gap <> 0",
            &[],
        )
        .await
        .expect("query")
        .get(0);
    assert_eq!(gaps, 0);
    assert_eq!(status(&mut client).await.outbox.map(|outbox| outbox.rows), Some(15));
}

#[tokio::test]
async fn commit_order_is_sequence_order_and_the_writer_may_only_append() {
    let Some(server) = Server::start().await else { return };
    let mut owner = connect(&server.target()).await.expect("connect");
    init(&mut owner, false).await;
    owner.batch_execute(&format!("ALTER ROLE {WRITER} PASSWORD 'w'")).await.expect("a password for this test");
    let writer = Target { user: WRITER.into(), password: Secret::new("w"), ..server.target() };
    let (mut one, two) = (connect(&writer).await.expect("connect"), connect(&writer).await.expect("connect"));
    let append = "SELECT sequence FROM outbox_append('car', 'a', 'T', '{}')";
    let held = one.transaction().await.expect("begin");
    let first: i64 = held.query_one(append, &[]).await.expect("append").get(0);
    let waiting = tokio::spawn(async move { two.query_one(append, &[]).await.map(|row| row.get::<_, i64>(0)) });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished(), "a later sequence must not commit first");
    held.commit().await.expect("commit");
    let second = waiting.await.expect("task").expect("append");
    assert_eq!((first, second), (1, 2));
    for forbidden in ["SELECT * FROM outbox", "INSERT INTO outbox_sequences VALUES ('car', 'a', 9)", "DELETE FROM cars"]
    {
        assert!(one.batch_execute(forbidden).await.is_err(), "{forbidden}");
    }
}
