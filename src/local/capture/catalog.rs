//! Reads tables from the database's catalog: columns, types, primary keys, publications.

use std::collections::HashMap;

use tokio_postgres::Client;

use super::mapping::Mappings;
use super::table::SourceColumn;
use crate::aws::dms::NO_PUBLICATION;
use crate::base::error::{Error, Kind as Fault, OrFail, Result};
use crate::outbox::formats::dms::Kind;
use crate::postgres::replication::Lsn;
use crate::postgres::replication::pgoutput;
use crate::postgres::{self, failed};

/// Returns the tables that the mappings select, as (schema, name).
pub(super) async fn tables(client: &Client, mappings: &Mappings) -> Result<Vec<(String, String)>> {
    let rows = client
        .query(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname <> 'information_schema' \
               AND n.nspname NOT LIKE 'pg\\_%' AND c.relname NOT LIKE 'awsdms\\_%' \
               AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1, 2",
            &[],
        )
        .await
        .map_err(failed("list tables"))?;
    let names = rows.iter().map(|row| (row.get::<_, String>(0), row.get::<_, String>(1)));
    Ok(names.filter(|(schema, name)| mappings.selects(schema, name)).collect())
}

/// Returns a publication that contains every one of these tables with all operations, rows and columns: DMS's plug-in,
/// test_decoding, does not use publications, and so omits nothing.
pub(super) async fn publication(client: &Client, tables: &[(String, String)]) -> Result<String> {
    let rows = client
        .query(
            &format!(
                "SELECT t.pubname::text, t.schemaname::text, t.tablename::text FROM pg_publication_tables t \
                 JOIN pg_publication p ON p.pubname = t.pubname \
                 WHERE p.pubinsert AND p.pubupdate AND p.pubdelete AND {} ORDER BY t.pubname <> $1, t.pubname",
                postgres::PUBLISHED_WHOLE
            ),
            &[&postgres::PUBLICATION],
        )
        .await
        .map_err(failed("list publications"))?;
    let mut held: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for row in rows {
        let (publication, table) = (row.get::<_, String>(0), (row.get(1), row.get(2)));
        match held.iter_mut().find(|(name, _)| *name == publication) {
            Some((_, tables)) => tables.push(table),
            None => held.push((publication, vec![table])),
        }
    }
    let complete = held.into_iter().find(|(_, held)| tables.iter().all(|table| held.contains(table)));
    complete.map(|(name, _)| name).ok_or_else(|| {
        let names: Vec<String> = tables.iter().map(|(schema, name)| format!("{schema}.{name}")).collect();
        let text = format!(
            "{NO_PUBLICATION} {} with inserts, updates and deletes, all rows and all columns",
            names.join(", ")
        );
        Error::new(Fault::MissingPublication, text)
    })
}

/// Returns the end of the write-ahead log.
pub(super) async fn written(client: &Client) -> Result<Lsn> {
    let row = client.query_one("SELECT pg_current_wal_lsn()::text", &[]).await;
    let text: String = row.map_err(failed("read the end of the write-ahead log"))?.get(0);
    text.parse().or_fail(Fault::Unexpected, || "the end of the write-ahead log can't be parsed".into())
}

/// Returns the columns of a table, in order, without generated ones, as in the replication stream.
pub(super) async fn columns(client: &Client, schema: &str, table: &str) -> Result<Vec<SourceColumn>> {
    let rows = client
        .query(
            "SELECT a.attname::text, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, \
                    CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END, \
                    t.typtype = 'e', coalesce(a.attnum = ANY (i.indkey), false) \
             FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
             JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid \
             LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary \
             WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped \
               AND a.attgenerated = '' ORDER BY a.attnum",
            &[&schema, &table],
        )
        .await
        .map_err(failed("describe a table"))?;
    let column = |row: &tokio_postgres::Row| SourceColumn {
        name: row.get(0),
        kind: kind(row.get(1), row.get(2), row.get(3)),
        primary: row.get(4),
    };
    Ok(rows.iter().map(column).collect())
}

/// Returns the columns of a table as streamed: they may be older than the catalog's, which then lacks details.
pub(super) async fn columns_as_streamed(client: &Client, relation: &pgoutput::Relation) -> Result<Vec<SourceColumn>> {
    let known = columns(client, &relation.schema, &relation.name).await?;
    let known: HashMap<&str, &SourceColumn> = known.iter().map(|column| (column.name.as_str(), column)).collect();
    let column = |streamed: &pgoutput::Column| SourceColumn {
        name: streamed.name.clone(),
        kind: match kind(streamed.type_oid, streamed.modifier, false) {
            Kind::Lob => known.get(streamed.name.as_str()).map_or(Kind::Lob, |column| column.kind),
            kind => kind,
        },
        primary: known.get(streamed.name.as_str()).map_or(streamed.key, |column| column.primary),
    };
    Ok(relation.columns.iter().map(column).collect())
}

/// Returns the format of a type (DMS user guide, "Source data types for PostgreSQL"). Types without an entry are large
/// objects, like arrays, text and JSON.
fn kind(oid: u32, modifier: i32, enumeration: bool) -> Kind {
    /// Characters of a varchar without length.
    const UNBOUNDED: usize = 8000;
    /// Digits after the point of a numeric without precision: it becomes (28,6).
    const UNSCALED: usize = 6;
    match oid {
        16 => Kind::Boolean,
        17 => Kind::Bytes,
        20 | 21 | 23 | 26 => Kind::Integer,
        700 | 701 => Kind::Real,
        1700 if modifier >= 4 => Kind::Numeric { scale: usize::try_from((modifier - 4) & 0x7ff).unwrap_or(UNSCALED) },
        1700 => Kind::Numeric { scale: UNSCALED },
        1114 | 1184 => Kind::Timestamp,
        // bpchar, varchar: the modifier is the length plus four.
        1042 | 1043 if modifier >= 4 => Kind::Text { limit: usize::try_from(modifier - 4).unwrap_or(UNBOUNDED) },
        // bpchar, varchar, "char", name, money, bit, varbit, inet, cidr, macaddr, date, time, timetz, interval, uuid
        1042 | 1043 | 18 | 19 | 790 | 1560 | 1562 | 869 | 650 | 829 | 1082 | 1083 | 1266 | 1186 | 2950 => {
            Kind::Text { limit: UNBOUNDED }
        }
        _ if enumeration => Kind::Text { limit: UNBOUNDED },
        _ => Kind::Lob,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_documented_formats() {
        assert_eq!(kind(1700, -1, false), Kind::Numeric { scale: 6 });
        assert_eq!(kind(1700, (10 << 16 | 2) + 4, false), Kind::Numeric { scale: 2 });
        assert_eq!(kind(1043, 132, false), Kind::Text { limit: 128 });
        assert_eq!(kind(1043, -1, false), Kind::Text { limit: 8000 });
        assert_eq!((kind(3802, -1, false), kind(1009, -1, false)), (Kind::Lob, Kind::Lob));
        assert_eq!(kind(99_999, -1, true), Kind::Text { limit: 8000 });
    }
}
