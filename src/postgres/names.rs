//! The names and expressions of an outbox table in statements, quoted.

use crate::outbox::Layout;
use crate::outbox::layout::Processed;

/// Expressions on a row of an outbox table. Values have the types of our own table, whatever the types of the columns.
pub(super) struct Names {
    /// `"schema"."table"`.
    pub(super) table: String,
    pub(super) id: String,
    pub(super) aggregate_type: String,
    pub(super) aggregate_id: String,
    pub(super) event_type: String,
    /// The payload's JSON as text.
    pub(super) payload: String,
    /// Null without a column.
    pub(super) sequence: String,
    pub(super) traceparent: String,
    pub(super) schema_version: String,
    /// Null without a column. May be infinite: compared, and not selected.
    pub(super) created_at: String,
    /// The time, if it is one that can be shown; null for an infinite one, and before the year 1 or after 9999.
    pub(super) time: String,
    /// Null without such a column, as [`Names::time`].
    pub(super) processed_at: String,
    /// The row's `correlationId`, by which samples are found.
    pub(super) correlation_id: String,
    /// Condition: no consumer has marked the row. Without a column for it, this reads `outbox_processed`.
    pub(super) is_open: String,
    own: bool,
}

impl Names {
    /// Returns the expressions on the row called `row`.
    pub(super) fn of(layout: &Layout, row: &str) -> Self {
        let own = layout.is_own();
        let columns = &layout.columns;
        let name = |column: &str| format!("{row}.{}", quote_identifier(column));
        // Our own columns have the types already: without a cast, their indexes apply.
        let cast = |column: &str, to: &str| if own { name(column) } else { format!("{}::{to}", name(column)) };
        let optional = |column: &Option<String>, to: &str| {
            column.as_ref().map_or_else(|| format!("NULL::{to}"), |column| cast(column, to))
        };
        let id = name(&columns.id);
        let payload = format!("{}::text", name(&columns.payload));
        let is_open = match &columns.processed {
            Some(Processed::At(column)) => format!("{} IS NULL", name(column)),
            Some(Processed::Flag(column)) => format!("{} IS NOT TRUE", name(column)),
            None => format!(
                "NOT EXISTS (SELECT FROM public.outbox_processed AS mark WHERE mark.event_id = {id} AND mark.succeeded)"
            ),
        };
        let created_at = optional(&columns.created_at, "timestamptz");
        Self {
            table: table(layout),
            aggregate_type: cast(&columns.aggregate_type, "text"),
            aggregate_id: cast(&columns.aggregate_id, "text"),
            event_type: cast(&columns.event_type, "text"),
            sequence: optional(&columns.sequence, "bigint"),
            traceparent: optional(&columns.traceparent, "text"),
            schema_version: format!("coalesce({}, 1)", optional(&columns.schema_version, "integer")),
            time: finite(&created_at),
            created_at,
            processed_at: match &columns.processed {
                Some(Processed::At(column)) => finite(&cast(column, "timestamptz")),
                _ => "NULL::timestamptz".to_owned(),
            },
            // Text that is not JSON must not fail the statement.
            correlation_id: if own {
                format!("{} ->> 'correlationId'", name(&columns.payload))
            } else {
                format!(r#"substring({payload} FROM '"correlationId"\s*:\s*"([^"]*)"')"#)
            },
            payload,
            is_open,
            id,
            own,
        }
    }

    /// Returns the condition that no consumer has marked the row; `marks` is whether `outbox_processed` exists.
    pub(super) fn is_open(&self, layout: &Layout, marks: bool) -> &str {
        if marks || layout.columns.processed.is_some() { &self.is_open } else { "true" }
    }

    /// Returns the five expressions by which rows are paged: aggregate, sequence, time, id. Each aggregate is in the
    /// order of its sequence, or without one in that of its time.
    pub(super) fn order(&self) -> [String; 5] {
        let Self { aggregate_type, aggregate_id, sequence, time, id, .. } = self;
        let [sequence, at, id] = match self.own {
            // The table has a unique index on the first three; the rest is constant.
            true => [sequence.as_str(), "'epoch'::timestamptz", "'00000000-0000-0000-0000-000000000000'::uuid"]
                .map(str::to_owned),
            false => [format!("coalesce({sequence}, 0)"), format!("coalesce({time}, 'epoch')"), id.clone()],
        };
        [aggregate_type.clone(), aggregate_id.clone(), sequence, at, id]
    }
}

/// Returns the expression of a time, null where it is infinite or has no four-digit year, which is the range of RFC 3339.
pub(super) fn finite(time: &str) -> String {
    format!("CASE WHEN {time} >= '0001-01-01Z' AND {time} < '10000-01-01Z' THEN {time} END")
}

/// Quotes `name` as an SQL identifier.
pub fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes `text` as an SQL string.
pub fn quote_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns `"schema"."table"`.
pub(super) fn table(layout: &Layout) -> String {
    format!("{}.{}", quote_identifier(&layout.schema), quote_identifier(&layout.table))
}

/// Returns the assignment that marks a row as processed at `at`; `None` if the table has no such column.
pub(super) fn mark(layout: &Layout, at: &str) -> Option<String> {
    let processed = layout.columns.processed.as_ref()?;
    let value = if matches!(processed, Processed::Flag(_)) { "true" } else { at };
    Some(format!("{} = {value}", quote_identifier(processed.column())))
}

/// Returns the statement that inserts a sample event into a table of the application's own. Parameters: id, aggregate
/// id, event type, number, correlation id.
///
/// `jsonb_populate_record` converts each value to the type of its column.
pub(super) fn insert_sample(layout: &Layout) -> String {
    let names = Names::of(layout, "known");
    let columns = &layout.columns;
    let mut values = vec![
        (columns.id.as_str(), "$1::text".to_owned()),
        (&columns.aggregate_type, "'sample'::text".to_owned()),
        (&columns.aggregate_id, "$2::text".to_owned()),
        (&columns.event_type, "$3::text".to_owned()),
        (&columns.payload, "jsonb_build_object('id', $2::text, 'n', $4::bigint, 'correlationId', $5::text)".to_owned()),
    ];
    if let Some(column) = &columns.sequence {
        let Names { table, aggregate_type, aggregate_id, sequence, .. } = &names;
        values.push((
            column,
            format!(
                "(SELECT coalesce(max({sequence}), 0) + 1 FROM {table} AS known
                  WHERE {aggregate_type} = 'sample' AND {aggregate_id} = $2::text)"
            ),
        ));
    }
    if let Some(column) = &columns.schema_version {
        values.push((column, "1".to_owned()));
    }
    if let Some(column) = &columns.created_at {
        values.push((column, "clock_timestamp()".to_owned()));
    }
    if let Some(Processed::Flag(column)) = &columns.processed {
        values.push((column, "false".to_owned()));
    }
    let list = |item: &dyn Fn(&(&str, String)) -> String| values.iter().map(item).collect::<Vec<_>>().join(", ");
    let (table, written) = (&names.table, Names::of(layout, "written"));
    format!(
        "INSERT INTO {table} AS written ({})
         SELECT {} FROM jsonb_populate_record(NULL::{table}, jsonb_build_object({})) AS made
         RETURNING {}, {}, $3::text, clock_timestamp()",
        list(&|(column, _)| quote_identifier(column)),
        list(&|(column, _)| format!("made.{}", quote_identifier(column))),
        list(&|(column, value)| format!("{}, {value}", quote_literal(column))),
        written.id,
        written.sequence,
    )
}
