//! Full load: every row of the captured tables as of one snapshot.

use futures_util::TryStreamExt;
use tokio::sync::mpsc;
use tokio_postgres::Client;

use super::catalog;
use super::delivery::{Item, delivery_ended};
use super::job::Job;
use super::row::{Row, Written, now};
use super::table::Table;
use crate::base::error::Result;
use crate::postgres::failed;
use crate::postgres::replication::pgoutput::Value;
use crate::postgres::{quote_identifier, quote_literal};

/// Copies the tables. With a snapshot: exactly the rows that were committed when the slot was created.
pub(super) async fn load(
    job: &Job,
    client: &Client,
    tables: &[(String, String)],
    snapshot: Option<&str>,
    items: &mpsc::Sender<Vec<Item>>,
) -> Result<()> {
    client
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await
        .map_err(failed("begin the full load"))?;
    if let Some(snapshot) = snapshot {
        let import = format!("SET TRANSACTION SNAPSHOT {}", quote_literal(snapshot));
        client.batch_execute(&import).await.map_err(failed("import the slot's snapshot"))?;
    }
    for (schema, name) in tables {
        let columns = catalog::columns(client, schema, name).await?;
        let table = Table::plan(job, schema, name, columns)?;
        copy(job, client, &table, items).await?;
    }
    client.batch_execute("COMMIT").await.map_err(failed("end the full load"))
}

async fn copy(job: &Job, client: &Client, table: &Table, items: &mpsc::Sender<Vec<Item>>) -> Result<()> {
    let columns: Vec<String> = table.columns.iter().map(|column| quote_identifier(&column.name)).collect();
    let from = format!("{}.{}", quote_identifier(&table.schema), quote_identifier(&table.name));
    let copy = format!("COPY (SELECT {} FROM {from}) TO STDOUT", columns.join(", "));
    let rows = client.copy_out(&copy).await.map_err(failed("copy a table"))?;
    let mut rows = std::pin::pin!(rows);
    let (mut written, mut count) = (Written::default(), 0);
    let mut made = now();
    while let Some(line) = rows.try_next().await.map_err(failed("copy a table"))? {
        let fields = fields(&line);
        let values: Vec<Value<'_>> =
            fields.iter().map(|field| field.as_deref().map_or(Value::Null, Value::Text)).collect();
        if !table.passes("load", &values) {
            continue;
        }
        let row = Row { table, operation: "load", values: &values, origin: None, now: &made };
        let key = job.write_row(&mut written.buffer, &row)?;
        written.record(key);
        count += 1;
        if written.is_full() {
            send_batch(&mut written, &mut count, table, job, items).await?;
            made = now();
        }
    }
    send_batch(&mut written, &mut count, table, job, items).await
}

async fn send_batch(
    written: &mut Written,
    count: &mut u64,
    table: &Table,
    job: &Job,
    items: &mpsc::Sender<Vec<Item>>,
) -> Result<()> {
    let count = std::mem::take(count);
    if count == 0 {
        return Ok(());
    }
    items.send(written.take()).await.map_err(delivery_ended)?;
    job.statistics.update(&table.schema, &table.name, |counts| counts.loaded += count);
    Ok(())
}

/// Returns the fields of a line in COPY's text format; `None` for null.
fn fields(line: &[u8]) -> Vec<Option<Vec<u8>>> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.split(|byte| *byte == b'\t').map(|field| (field != b"\\N").then(|| unescaped(field))).collect()
}

fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut bytes = field.iter();
    while let Some(&byte) = bytes.next() {
        out.push(match (byte, byte == b'\\') {
            (_, true) => match bytes.next() {
                Some(b'b') => 0x08,
                Some(b'f') => 0x0c,
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'v') => 0x0b,
                Some(other) => *other,
                None => b'\\',
            },
            (byte, false) => byte,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_lines_are_split() {
        let text = |field: &str| Some(field.as_bytes().to_vec());
        assert_eq!(fields(b"a\\tb\t\\N\t\tc\\\\d\\n\n"), [text("a\tb"), None, text(""), text("c\\d\n")]);
    }
}
