//! Texts and tables of `outboxctl reconcile`.

use crate::aws::dms::Snapshot;
use crate::base::error::{Error, Kind};
use crate::commands::capture;
use crate::output::{Table, count};
use crate::repair::reconcile::{Finding, Overtaken, Report};
use crate::settings::quoted;

/// Maximum findings in the text output.
const SHOWN: usize = 20;

/// Returns the result of a comparison without differences.
pub fn agreement(report: &Report, window: &str, rows: Option<u64>) -> String {
    let counts = &report.counts;
    let younger = match rows.map_or(0, |rows| rows.saturating_sub(counts.committed + report.expired)) {
        0 => String::new(),
        younger => format!("; not included: {}", count(younger, "younger event")),
    };
    match (counts.committed, rows) {
        (0, Some(0)) if counts.unknown > 0 => format!(
            "the outbox is empty: nothing to compare; it no longer contains the events of {}",
            count(counts.unknown, "delivery")
        ),
        (0, Some(0)) => "the outbox is empty: nothing to compare".to_owned(),
        (0, _) => format!("no event was {window}: nothing to compare{younger}"),
        (committed, _) => format!("{} {window}: all delivered{younger}", count(committed, "event")),
    }
}

/// Returns the error for missing events that a stopped capture may still deliver.
pub fn waiting(task: &Snapshot, report: &Report) -> Error {
    let lost = report.counts.missing - report.dead_letters;
    let message = format!(
        "the capture is {}: {lost} of {} events have not been delivered, and may be waiting for it",
        task.status, report.counts.committed
    );
    capture::explain(Error::new(Kind::Verify, message), task)
}

/// Returns the warning about aggregates whose later events have already been delivered.
pub fn order_warning(overtaken: &Overtaken) -> String {
    let Overtaken { aggregates, example, .. } = overtaken;
    let example = example.as_deref().unwrap_or("ID");
    format!(
        "later events of {} have arrived already, so that the missing ones arrive out of order; to deliver such an \
         aggregate again from its beginning and in order: `outboxctl replay --aggregate {}`",
        count(*aggregates, "aggregate"),
        quoted(example)
    )
}

pub fn totals(report: &Report) -> Table {
    let counts = &report.counts;
    let mut table = Table::new(["events", "count"]);
    let altered = match counts.not_compared {
        0 => counts.altered.to_string(),
        unknown => format!("{}, {unknown} not compared", counts.altered),
    };
    for (name, count) in [
        ("committed", counts.committed.to_string()),
        ("delivered", counts.delivered.to_string()),
        ("missing", counts.missing.to_string()),
        ("  of them dead letters", report.dead_letters.to_string()),
        ("duplicated", counts.duplicated.to_string()),
        ("altered", altered),
        ("delivered, not in the outbox", counts.unknown.to_string()),
        ("replayed deliveries", counts.replayed.to_string()),
    ] {
        table.row([name.to_owned(), count]);
    }
    table
}

pub fn findings(report: &Report) -> Table {
    let mut table = Table::new(["event", "finding", "dead letter"]);
    for named in report.findings.iter().filter(|named| named.finding != Finding::Unknown).take(SHOWN) {
        let finding = format!("{:?}", named.finding).to_lowercase();
        table.row([named.event_id.to_string(), finding, named.dead_letter.clone().unwrap_or_default()]);
    }
    table
}
