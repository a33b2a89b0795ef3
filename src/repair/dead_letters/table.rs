//! Dead letters in `outbox_failures`, which the consumers of a stream write.

use serde_json::json;

use super::letter::{Arrival, DeadLetter, Opened, Record};
use super::view::View;
use crate::base::error::{Error, Kind, Result};
use crate::deployment::database::Database;
use crate::outbox::Layout;
use crate::postgres::admin::{FailureRow, FailuresRequest};

pub async fn list(database: &mut Database, layout: &Layout) -> Result<Vec<DeadLetter>> {
    let (mut letters, mut after) = (Vec::new(), 0);
    loop {
        let page = database.failures(FailuresRequest { after, id: None }).await?;
        let Some(last) = page.last() else { return Ok(letters) };
        after = last.id;
        letters.extend(page.into_iter().map(|row| letter(row, layout)));
    }
}

pub async fn open(database: &mut Database, letter: &DeadLetter, layout: &Layout) -> Result<Opened> {
    let id = row(letter)?;
    let mut page = database.failures(FailuresRequest { after: 0, id: Some(id) }).await?;
    let gone = || Error::new(Kind::Failed, format!("{} no longer exists", letter.key));
    let row = page.pop().ok_or_else(gone)?;
    let data = row.data().unwrap_or_default();
    let document = json!({
        "consumer": row.consumer, "stream": row.stream, "shardId": row.shard_id,
        "sequenceNumber": row.sequence_number, "partitionKey": row.partition_key, "attempts": row.attempts,
        "reason": row.reason, "failedAt": row.failed_at,
    });
    let record = Record { data, partition_key: row.partition_key.clone() };
    Ok(Opened { letter: self::letter(row, layout), records: vec![record], document })
}

/// Returns the cause by which a hook's failures are grouped: how it ended (`exit status: 3`, `signal: 9 (SIGKILL)`, `no
/// answer`, `HTTP 503`), without the rest of its output, which differs each time.
fn cause(reason: &str) -> String {
    let first = reason.lines().next().unwrap_or_default();
    let end = match first.strip_prefix("exit status: ").or_else(|| first.strip_prefix("signal: ")) {
        // The first colon belongs to the status itself.
        Some(rest) => first.len() - rest.len() + rest.find(':').unwrap_or(rest.len()),
        None => first.find(": ").unwrap_or(first.len()),
    };
    first[..end].chars().take(60).collect()
}

/// Returns the row's number in the table.
pub fn row(letter: &DeadLetter) -> Result<i64> {
    let id = letter.key.rsplit('/').next().and_then(|id| id.parse().ok());
    id.ok_or_else(|| Error::new(Kind::Unexpected, format!("{:?} is not a row", letter.key)))
}

fn letter(row: FailureRow, layout: &Layout) -> DeadLetter {
    let of_payload = row.data().map(|data| View::of(&data, layout));
    let view = of_payload.unwrap_or_else(|| View {
        event_id: row.event_id.map(|id| id.to_string()),
        event_type: row.event_type.clone(),
        aggregate_type: row.aggregate_type.clone(),
        aggregate_id: row.aggregate_id.clone(),
        sequence: row.sequence,
    });
    let cause = match row.event_id {
        // The code of the publisher for the same failure.
        _ if row.reason.starts_with("not an outbox row") => "NotAnOutboxRow".to_owned(),
        None => "Undecodable".to_owned(),
        Some(_) => cause(&row.reason),
    };
    DeadLetter {
        part: format!("consumer {}", row.consumer),
        cause,
        reason: row.reason,
        attempts: u64::try_from(row.attempts).unwrap_or_default(),
        event: view.clone(),
        records: 1,
        bytes: u64::try_from(row.bytes).unwrap_or_default(),
        arrivals: vec![Arrival { arrived_at: row.failed_at, sequence_number: row.sequence_number, view }],
        ..DeadLetter::new("table", &format!("outbox_failures/{}", row.id), row.failed_at)
    }
}

#[cfg(test)]
mod tests {
    use super::cause;

    #[test]
    fn failures_of_hooks_are_grouped_by_how_they_ended() {
        for (reason, expected) in [
            ("exit status: 3: no such customer 17", "exit status: 3"),
            ("exit status: 3", "exit status: 3"),
            ("signal: 9 (SIGKILL): half a line", "signal: 9 (SIGKILL)"),
            ("no answer: client error (Connect)", "no answer"),
            ("the command did not end within 30s", "the command did not end within 30s"),
            ("", ""),
        ] {
            assert_eq!(cause(reason), expected);
        }
    }
}
