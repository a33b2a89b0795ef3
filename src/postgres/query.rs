//! Queries whose errors name the attempted action.

use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{GenericClient, Row};

use super::fault::failed;
use crate::base::error::Result;

/// Returns the rows of a query, each converted by `read`.
pub(super) async fn rows<T>(
    client: &impl GenericClient,
    action: &str,
    query: &str,
    parameters: &[&(dyn ToSql + Sync)],
    read: impl FnMut(Row) -> T,
) -> Result<Vec<T>> {
    let rows = client.query(query, parameters).await.map_err(failed(action))?;
    Ok(rows.into_iter().map(read).collect())
}

/// Returns the first column of a query's only row.
pub(super) async fn value<T: FromSqlOwned>(
    client: &impl GenericClient,
    action: &str,
    query: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<T> {
    Ok(client.query_one(query, parameters).await.map_err(failed(action))?.get(0))
}

/// Returns whether a table exists; `table` is a name as SQL writes it.
pub(super) async fn exists(client: &impl GenericClient, table: &str) -> Result<bool> {
    value(client, "look for a table", "SELECT to_regclass($1) IS NOT NULL", &[&table]).await
}
