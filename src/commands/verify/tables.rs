//! The tables of a verification.

use crate::output::{NO_BREAK, Table};
use crate::verify::{Latency, Report};

/// Returns the table of hops, and the aggregates with findings.
pub fn tables(report: &Report) -> Vec<Table> {
    // Short enough for 80 columns; the JSON has the long names. A plus means since the previous hop.
    let mut table = Table::new(["hop", "seen", "lost", "dups", "out of order", "p50", "p90", "p99", "+p50", "+p99"]);
    table.row([report.origin.name().to_owned(), report.committed.to_string()]);
    let ms = |latency: Option<&Latency>, pick: fn(&Latency) -> f64| latency.map_or("–".into(), |l| short(pick(l)));
    for hop in &report.hops {
        let commit = hop.from_commit.as_ref();
        let previous = hop.from_previous.as_ref().or(commit);
        table.row([
            hop.hop.name().to_owned(),
            hop.arrived.to_string(),
            hop.lost.to_string(),
            hop.duplicated.to_string(),
            hop.out_of_order.to_string(),
            ms(commit, |l| l.p50_ms),
            ms(commit, |l| l.p90_ms),
            ms(commit, |l| l.p99_ms),
            ms(previous, |l| l.p50_ms),
            ms(previous, |l| l.p99_ms),
        ]);
    }
    // One line each, also on 80 columns.
    let rolled_back = ["rolled back".into(), format!("{} of {}", report.rolled_back_arrived.len(), report.rolled_back)];
    table.row(rolled_back.map(|cell| cell.replace(' ', &NO_BREAK.to_string())));
    let mut tables = vec![table];
    if !report.aggregates.is_empty() {
        let mut table = Table::new(["aggregate", "lost", "duplicates", "out of order"]);
        for aggregate in &report.aggregates {
            let counts = [aggregate.lost, aggregate.duplicated, aggregate.out_of_order].map(|n| n.to_string());
            table.row([aggregate.aggregate_id.clone()].into_iter().chain(counts));
        }
        tables.push(table);
    }
    tables
}

/// Formats milliseconds in about three digits: `0.4ms`, `87ms`, `1.2s`.
fn short(ms: f64) -> String {
    match ms {
        ..10.0 => format!("{ms:.1}ms"),
        10.0..1_000.0 => format!("{ms:.0}ms"),
        _ => format!("{:.1}s", ms / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_stay_short() {
        assert_eq!([0.04, 9.96, 12.3, 999.4, 1_250.0].map(short), ["0.0ms", "10.0ms", "12ms", "999ms", "1.2s"]);
    }
}
