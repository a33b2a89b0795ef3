//! Connections through a real PgBouncer are refused with its name. Without PgBouncer, the test is skipped.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use outboxctl::internals::postgres::replication::Connection;
use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Secret, Target, connect};

use crate::support::not_run;

/// The program, where Debian and Homebrew install it.
const PLACES: &[&str] = &["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

struct Bouncer(Child);

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it on a free port, with TLS; returns it with the port.
fn start(program: &str, folder: &Path) -> (Bouncer, u16) {
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
    (Bouncer(child.expect("it starts")), port)
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
