//! Connections through a real PgBouncer or Pgpool-II are refused with its name. A test is skipped if the pooler is not installed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use outboxctl::internals::postgres::replication::Connection;
use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Secret, Target, connect};

use crate::support::plain::Plain;
use crate::support::{World, not_run};

/// The program, where Debian and Homebrew install it.
const PLACES: &[&str] = &["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

/// A running pooler.
struct Pooler(Child);

impl Drop for Pooler {
    fn drop(&mut self) {
        // SIGTERM also ends the processes that a pooler has started.
        let pid = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

/// Starts it on a free port, with TLS; returns it with the port.
fn start(program: &str, folder: &Path) -> (Pooler, u16) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = certificate.self_signed(&key).expect("a certificate");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let path = folder.display();
    let settings = format!(
        "[databases]\n* = host=127.0.0.1 port=1\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = any\nclient_tls_sslmode = require\nclient_tls_key_file = {path}/key.pem\n\
         client_tls_cert_file = {path}/cert.pem\n"
    );
    for (name, text) in [("key.pem", key.serialize_pem()), ("cert.pem", certificate.pem()), ("bouncer.ini", settings)] {
        std::fs::write(folder.join(name), text).expect("a file");
    }
    let mut command = Command::new(program);
    if rustix::process::getuid().is_root() {
        // It does not run as root.
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("a readable folder");
        command.args(["-u", "nobody"]);
    }
    let child = command.arg(folder.join("bouncer.ini")).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    (Pooler(child.expect("it starts")), port)
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_through_pgbouncer_are_refused_with_its_name() {
    let Some(program) = PLACES.iter().find(|place| Path::new(place).exists()) else {
        not_run("PgBouncer is not installed; on Debian: apt install pgbouncer");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (mut bouncer, port) = start(program, folder.path());
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(bouncer.0.try_wait().expect("a state").is_none(), "PgBouncer ended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let target = Target {
        host: "localhost".into(),
        port,
        database: "outbox".into(),
        user: "owner".into(),
        password: Secret::new("s3cr3t".to_owned()),
        roots: Roots::File(folder.path().join("cert.pem")),
    };
    let session = connect(&target).await.map(drop).expect_err("options are refused");
    let replication = Connection::open(&target).await.map(drop).expect_err("replication is refused");
    for error in [session, replication] {
        assert!(error.message().ends_with("this is PgBouncer, a connection pooler"), "{error}");
        assert!(error.message().contains("unsupported startup parameter"), "{error}");
        assert!(error.hints().any(|hint| hint.contains("connect to the database server itself")), "{error}");
    }
}

/// Starts Pgpool-II on a free port in front of a server, with TLS; returns it with the port.
fn start_pgpool(program: &str, server: &Plain) -> (Pooler, u16) {
    let free = || std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let (port, control) = (free(), free());
    let path = server.authority().parent().expect("a folder").to_owned();
    let (folder, backend) = (path.display(), server.port);
    let settings = format!(
        "backend_clustering_mode = 'raw'\nlisten_addresses = '127.0.0.1'\nport = {port}\npcp_port = {control}\n\
         socket_dir = '{folder}'\npcp_socket_dir = '{folder}'\npid_file_name = '{folder}/pgpool.pid'\nlogdir = '{folder}'\n\
         backend_hostname0 = '127.0.0.1'\nbackend_port0 = {backend}\nnum_init_children = 2\nssl = on\n\
         ssl_key = '{folder}/key.pem'\nssl_cert = '{folder}/cert.pem'\nenable_pool_hba = off\npool_passwd = ''\n\
         allow_clear_text_frontend_auth = on\n"
    );
    for (name, text) in [("pgpool.conf", settings.as_str()), ("pcp.conf", "")] {
        std::fs::write(path.join(name), text).expect("a file");
    }
    let mut command = server.command(program);
    command.args(["-n", "-f", "pgpool.conf", "-F", "pcp.conf"]).stdout(Stdio::null()).stderr(Stdio::null());
    (Pooler(command.spawn().expect("it starts")), port)
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_through_pgpool_are_refused_with_its_name() {
    let program = ["/usr/sbin/pgpool", "/usr/bin/pgpool"].into_iter().find(|place| Path::new(place).exists());
    let Some(program) = program else {
        return not_run("Pgpool-II is not installed; on Debian: apt install pgpool2");
    };
    let Some(server) = Plain::start("").await else { return not_run("PostgreSQL is not installed") };
    let (mut pool, port) = start_pgpool(program, &server);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(pool.0.try_wait().expect("a state").is_none(), "Pgpool-II ended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let world = World::new();
    let url = server.url().replace(&format!(":{}/", server.port), &format!(":{port}/"));
    for args in [&["db", "init"][..], &["db", "init", "--check"], &["db", "status"], &["doctor"]] {
        let output = world.command().args(args).env("OUTBOXCTL_DATABASE_URL", &url).output();
        let text = world.transcript(&output.expect("the binary starts"));
        assert!(text.contains("this is Pgpool-II, a connection pooler"), "{args:?}: {text}");
        assert!(text.contains("connect to the database server itself"), "{args:?}: {text}");
    }
    let made = server.owner("shop").await.query_one("SELECT to_regclass('public.outbox') IS NULL", &[]).await;
    assert!(made.expect("asked").get::<_, bool>(0), "nothing was made");
}
