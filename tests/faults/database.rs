//! The source database, over the socket that only the stack's user can reach.

use serde_json::Value;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row};

use crate::trouble::{Result, trouble};

pub struct Database {
    pub client: Client,
}

impl Database {
    /// `server` is `postgres` of state.json.
    pub async fn connect(server: &Value, database: &str) -> Result<Self> {
        let port = server["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        let mut config = tokio_postgres::Config::new();
        config
            .host_path(server["socket"].as_str().ok_or("the state names no socket")?)
            .port(port.ok_or("the state names no port")?)
            .user("postgres")
            .dbname(database)
            .application_name("faults")
            .connect_timeout(std::time::Duration::from_secs(5));
        let (client, connection) = config.connect(NoTls).await.map_err(said)?;
        // Ends with the client.
        tokio::spawn(connection);
        Ok(Self { client })
    }

    pub async fn run(&self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).await.map_err(said)
    }

    pub async fn rows(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.client.query(sql, parameters).await.map_err(said)
    }

    /// A position in the write-ahead log, by a query that returns a pg_lsn as text.
    pub async fn position(&self, sql: &str) -> Result<u64> {
        let rows = self.rows(sql, &[]).await?;
        let text: Option<String> = rows.first().ok_or("no row")?.get(0);
        let text = text.ok_or("no position")?;
        let (high, low) = text.split_once('/').ok_or("not a position")?;
        Ok((u64::from_str_radix(high, 16)? << 32) | u64::from_str_radix(low, 16)?)
    }
}

fn said(error: tokio_postgres::Error) -> crate::trouble::Trouble {
    match error.as_db_error() {
        Some(server) => trouble(format!("{} ({})", server.message(), server.code().code())),
        None => error.into(),
    }
}
