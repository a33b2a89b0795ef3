//! Reads the outbox table of a DynamoDB pipeline: its items at the start, and its size. New items come from its stream:
//! a table has no order by time that could be queried.

use std::time::Duration;

use aws_sdk_dynamodb::types::TableDescription;

use super::Watch;
use super::observations::excerpt;
use crate::aws::Clients;
use crate::base::error::{AwsContext, Result};
use crate::outbox::Message;
use crate::postgres::admin::OutboxRow;
use crate::repair::source::{Filter, Outbox};
use crate::ui::model::{Fill, Step};

const SOURCE: &str = "outbox table";
/// Pages read at the start, of 1 MB each: of a larger table only the stream is read.
const PAGES: usize = 4;

pub async fn follow(watch: Watch, clients: Clients, table: String) {
    let mut read = false;
    loop {
        watch.model.lock().ask(SOURCE);
        let looked = watch.cancel.run_until_cancelled(look(&watch, &clients, &table, &mut read)).await;
        let Some(looked) = looked else { return };
        watch.model.lock().source(SOURCE, looked.err().map(|error| error.message().to_owned()));
        if !watch.pause(Duration::from_secs(2), Duration::from_secs(30)).await {
            return;
        }
    }
}

async fn look(watch: &Watch, clients: &Clients, table: &str, read: &mut bool) -> Result<()> {
    if !*read {
        list(watch, clients, table).await?;
        *read = true;
    }
    let answer = clients.dynamodb().describe_table().table_name(table).send().await;
    let answer = answer.aws(format!("describe {table}"))?;
    watch.model.lock().tables.fill = answer.table().map(fill);
    Ok(())
}

/// Lists the newest items, older ones only of a table that is small enough to be read completely.
async fn list(watch: &Watch, clients: &Clients, table: &str) -> Result<()> {
    let mut outbox = Outbox::DynamoDb { clients: Box::new(clients.clone()), table: table.to_owned() };
    let mut reader = outbox.read(Filter::default());
    let mut found = Vec::new();
    for _ in 0..PAGES {
        let Some(page) = reader.next().await? else { break };
        found.extend(page);
    }
    let whole = reader.next().await?.is_none();
    // The stream's reader does not follow old items: they would appear as not captured.
    let since = watch.model.head.since;
    let is_recent = |at| since.is_none_or(|since| at >= since);
    let mut state = watch.model.lock();
    // The first pages of a table do not show which of its old items are the newest.
    for message in found.into_iter().filter(|message| whole || is_recent(message.committed_at)) {
        let (id, at) = (message.id, message.committed_at);
        if is_recent(at) && !state.has_seen(id, Step::Committed) {
            state.see(id, Step::Committed, at, |trace| {
                let aggregate = (message.aggregate_type.as_str(), message.aggregate_id.as_str());
                trace.describe(&message.event_type, aggregate, message.sequence);
            });
        }
        state.tables.put(row(message));
    }
    state.tables_changed();
    Ok(())
}

fn row(message: Message) -> OutboxRow {
    OutboxRow {
        id: message.id,
        message: excerpt(message.payload.get()),
        aggregate_type: message.aggregate_type,
        aggregate_id: message.aggregate_id,
        event_type: message.event_type,
        sequence: message.sequence,
        created_at: Some(message.committed_at),
        processed_at: None,
    }
}

/// Returns the size of the outbox. DynamoDB counts about every six hours.
fn fill(table: &TableDescription) -> Fill {
    Fill {
        rows: table.item_count().unwrap_or(0),
        exact: false,
        unprocessed: None,
        uncaptured: None,
        bytes: table.table_size_bytes().unwrap_or(0),
    }
}
