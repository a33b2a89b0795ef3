//! Comparison of both sides of a reconcile: rows per second, and maximum memory.
//!
//! `cargo bench --bench reconcile`. `OUTBOXCTL_BENCH_ROWS` (3000000) events of a synthetic source, of which every
//! thousandth is missing, every thousandth duplicated, and every thousandth altered. Needs 82 bytes of disk per event.
#![allow(clippy::print_stdout)] // Prints its results.

#[path = "../measure/mod.rs"]
#[allow(dead_code)]
mod measure;

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use outboxctl::internals::repair::reconcile::{Counts, Entry, Ledger, Side};
use uuid::Uuid;

/// Returns the maximum resident memory of this process so far, in MiB.
fn peak() -> u64 {
    measure::peak(std::process::id()).unwrap_or_default() / 1_024
}

fn main() {
    let rows = measure::setting("OUTBOXCTL_BENCH_ROWS", 3_000_000);
    let start = DateTime::<Utc>::from_timestamp(1_700_000_000, 0).expect("in range");
    let entry = |number: u64, digest: u128| {
        let at = start + TimeDelta::milliseconds(number.cast_signed());
        Entry::new(Uuid::from_u128(u128::from(number)), at, Some(digest), false)
    };
    let before = peak();
    let (begun, mut ledger) = (Instant::now(), Ledger::new().expect("temporary files"));
    for number in 0..rows {
        ledger.add(Side::Committed, &entry(number, 7)).expect("written");
    }
    // Delivered in reverse order.
    for number in (0..rows).rev() {
        let digest = if number % 1_000 == 3 { 8 } else { 7 };
        let times = match number % 1_000 {
            1 => 0,
            2 => 2,
            _ => 1,
        };
        (0..times).for_each(|_| ledger.add(Side::Delivered, &entry(number, digest)).expect("written"));
    }
    let filled = begun.elapsed();
    let counts = ledger.compare((None, Utc::now()), |_, _| Ok(())).expect("compared");
    let each = rows / 1_000;
    let expected = Counts {
        committed: rows,
        delivered: rows - each,
        missing: each,
        duplicated: each,
        altered: each,
        ..Counts::default()
    };
    assert_eq!((&counts, rows % 1_000), (&expected, 0), "rows are a multiple of 1,000");
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{rows} events: {seconds:.1} s, of which {:.1} s filling; {:.0} events/s",
        filled.as_secs_f64(),
        rows as f64 / seconds
    );
    println!("peak memory: {} MiB, {before} MiB before", peak());
}
