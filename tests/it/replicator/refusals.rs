//! Faults that need an operator end the run with a specific error kind.

use std::path::PathBuf;
use std::sync::Arc;

use outboxctl::internals::error::{Error, Kind};
use outboxctl::internals::local::capture::{Job, Start};
use outboxctl::internals::postgres::Secret;
use outboxctl::internals::postgres::tls::Roots;

use super::{Running, job, stack};
use crate::support::database::Database;
use crate::support::sink::Keeping;

async fn refused(job: Job) -> Error {
    let running = Running::begin(job, &Arc::new(Keeping::default()));
    running.work.await.expect("no panic").expect_err("it must be refused")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_has_its_kind() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "refusals").await;
    let fresh = || job(&database, Start::Fresh);

    assert_eq!(refused(job(&database, Start::Resume)).await.kind(), Kind::TaskFailed, "no slot to resume from");

    let mut wrong = fresh();
    wrong.database.password = Secret::new("wrong");
    assert_eq!(refused(wrong).await.kind(), Kind::WrongSecret);

    let folder = tempfile::tempdir().expect("a folder");
    let other: PathBuf = folder.path().join("ca.pem");
    let key = rcgen::KeyPair::generate().expect("key");
    let authority = rcgen::CertificateParams::new(vec![]).and_then(|p| p.self_signed(&key)).expect("certificate");
    std::fs::write(&other, authority.pem()).expect("write");
    let mut untrusting = fresh();
    untrusting.database.roots = Roots::File(other);
    assert_eq!(refused(untrusting).await.kind(), Kind::UntrustedCertificate);

    let mut nowhere = fresh();
    nowhere.database.port = 1;
    assert_eq!(refused(nowhere).await.kind(), Kind::DatabaseUnreachable);

    let sink = Arc::new(Keeping::default());
    let first = Running::following(fresh(), &sink).await;
    assert_eq!(refused(job(&database, Start::Resume)).await.kind(), Kind::SlotTaken);
    first.stop().await;

    // DMS reads with test_decoding, which knows neither row filters nor column lists: what they omit would arrive on AWS.
    let version = "SELECT current_setting('server_version_num')::int / 10000";
    if database.client.query_one(version, &[]).await.expect("the version").get::<_, i32>(0) >= 15 {
        for part in ["WHERE (id > 7)", "(id, aggregate)"] {
            database.run(&format!("ALTER PUBLICATION outboxctl SET TABLE events {part}")).await;
            let error = refused(job(&database, Start::Resume)).await;
            assert_eq!(error.kind(), Kind::MissingPublication, "{part}");
            assert!(error.message().contains("all rows and all columns"), "{}", error.message());
        }
    }

    database.run("DROP PUBLICATION outboxctl").await;
    assert_eq!(refused(job(&database, Start::Resume)).await.kind(), Kind::MissingPublication);

    database.run("DROP TABLE events").await;
    let error = refused(fresh()).await;
    assert!(error.message().contains("No tables were found at task initialization"), "{}", error.message());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partition_key_that_kinesis_would_refuse_ends_the_run() {
    let stack = stack();
    let database = Database::create(&stack.state().postgres, "long_keys").await;
    database.run("ALTER TABLE events ALTER COLUMN aggregate TYPE text").await;
    let insert = |characters: u32| {
        format!("INSERT INTO events (aggregate, sequence, payload) VALUES (repeat('ž', {characters}), 1, '{{}}')")
    };
    let sink = Arc::new(Keeping::default());
    let mut running = Running::following(job(&database, Start::Fresh), &sink).await;
    // Characters count, and not bytes.
    database.run(&insert(256)).await;
    running.stores_rows(&sink, 1).await;
    database.run(&insert(257)).await;
    let error = running.work.await.expect("no panic").expect_err("it must be refused");
    assert!(error.message().contains("a partition key of 257 characters, and Kinesis accepts 256"), "{error}");
}
