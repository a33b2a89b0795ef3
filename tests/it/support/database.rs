//! A database of a test's own in a local stack's PostgreSQL, with an owner who may replicate and is no superuser.

use outboxctl::internals::local::postgres_server::superuser;
use outboxctl::internals::local::state::Postgres;
use outboxctl::internals::postgres::replication::Lsn;
use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Secret, Target};
use tokio_postgres::Client;

pub struct Database {
    server: Postgres,
    pub target: Target,
    /// The owner's connection.
    pub client: Client,
}

impl Database {
    /// Makes owner and database, both called `name`, and an `events` table that the publication `outboxctl` holds.
    pub async fn create(server: &Postgres, name: &str) -> Self {
        let admin = superuser(server, "postgres").await.expect("superuser");
        for statement in [
            format!("CREATE ROLE {name} LOGIN REPLICATION PASSWORD 's3cr3t-{name}' IN ROLE rds_superuser"),
            format!("CREATE DATABASE {name} OWNER {name}"),
        ] {
            admin.batch_execute(&statement).await.expect("make the database");
        }
        let target = Target {
            host: server.host.clone(),
            port: server.port,
            database: name.into(),
            user: name.into(),
            password: Secret::new(format!("s3cr3t-{name}")),
            roots: Roots::File(server.ca_file.clone()),
        };
        let client = outboxctl::internals::postgres::connect(&target).await.expect("the owner's connection");
        let table = "CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
                     aggregate varchar(64) NOT NULL, sequence bigint NOT NULL, payload jsonb NOT NULL); \
                     CREATE PUBLICATION outboxctl FOR TABLE events";
        client.batch_execute(table).await.expect("make the table");
        Self { server: server.clone(), target, client }
    }

    pub async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }

    /// `count` transactions of `rows` events each over `aggregates`, numbered on from `first`.
    pub async fn insert(&self, first: u64, count: u64, rows: u64, aggregates: u64) {
        let insert = "INSERT INTO events (aggregate, sequence, payload) \
                      SELECT 'a' || n % $3, n, jsonb_build_object('n', n) FROM generate_series($1::bigint, $2) n";
        for transaction in 0..count {
            let from = i64::try_from(first + transaction * rows).expect("fits");
            let to = from + i64::try_from(rows).expect("fits") - 1;
            let aggregates = i64::try_from(aggregates).expect("fits");
            self.client.execute(insert, &[&from, &to, &aggregates]).await.expect("insert");
        }
    }

    /// A superuser in this database.
    pub async fn admin(&self) -> Client {
        superuser(&self.server, &self.target.database).await.expect("superuser")
    }

    /// Returns the position at which the slot's reader would resume.
    pub async fn confirmed(&self, slot: &str) -> Lsn {
        let query = "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1";
        let row = self.client.query_one(query, &[&slot]).await.expect("the slot");
        row.get::<_, String>(0).parse().expect("a position")
    }

    pub async fn written(&self) -> Lsn {
        let row = self.client.query_one("SELECT pg_current_wal_lsn()::text", &[]).await.expect("position");
        row.get::<_, String>(0).parse().expect("a position")
    }
}
