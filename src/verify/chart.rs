//! Latencies as a chart: a row per hop, a column per step of time, and taller blocks for more events.

use super::latency::{Latency, STEPS};
use super::report::Report;

const BLOCKS: &[char] = &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns per step.
const WIDTH: usize = 4;

impl Report {
    /// Returns the histogram of latencies since the commit, fitted to 80 columns; `None` if nothing arrived.
    pub fn chart(&self) -> Option<String> {
        let rows: Vec<(&str, &Latency)> =
            self.hops.iter().filter_map(|hop| Some((hop.hop.name(), hop.from_commit.as_ref()?))).collect();
        let columns = rows.iter().flat_map(|(_, latency)| steps(latency)).map(|(at, _)| at);
        let (first, last) = columns.fold(None, |range: Option<(usize, usize)>, at| match range {
            None => Some((at, at)),
            Some((first, last)) => Some((first.min(at), last.max(at))),
        })?;
        let mut chart = String::from("since the commit, up to\n");
        let axis = (first..=last).map(|at| format!("{:>WIDTH$}", STEPS.get(at).map_or(">".into(), |ms| name(*ms))));
        chart.push_str(&format!(" {:<10}{}\n", "", axis.collect::<String>()));
        for (hop, latency) in rows {
            let most = latency.histogram.iter().map(|step| step.count).max().unwrap_or(1);
            let bars = (first..=last).map(|column| {
                let count = steps(latency).find(|(at, _)| *at == column).map_or(0, |(_, count)| count);
                // A step with any event shows at least the smallest block.
                let block = (count > 0).then(|| BLOCKS[(count * BLOCKS.len() as u64).div_ceil(most) as usize - 1]);
                block.map_or(" ".repeat(WIDTH), |block| format!(" {}", String::from(block).repeat(WIDTH - 1)))
            });
            chart.push_str(&format!(" {hop:<10}{}\n", bars.collect::<String>().trim_end()));
        }
        chart.pop();
        Some(chart)
    }
}

/// Returns the steps that have events, with their counts.
fn steps(latency: &Latency) -> impl Iterator<Item = (usize, u64)> {
    let column = |up_to: Option<u64>| up_to.map_or(STEPS.len(), |ms| STEPS.partition_point(|step| *step < ms));
    latency.histogram.iter().map(move |step| (column(step.up_to_ms), step.count))
}

fn name(ms: u64) -> String {
    match ms {
        ..1_000 => ms.to_string(),
        1_000..60_000 => format!("{}s", ms / 1_000),
        _ => format!("{}m", ms / 60_000),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use crate::pipelines::Hop;
    use crate::verify::Ledger;
    use crate::verify::latency::Latencies;

    #[test]
    fn a_row_per_hop_and_a_column_per_step() {
        let mut report = Ledger::new("run", Hop::Database, &[Hop::Stream, Hop::Log], &[]).report();
        assert_eq!(report.chart(), None);
        let latencies = |all: &[i64]| {
            let mut latencies = Latencies::default();
            all.iter().for_each(|ms| latencies.add(TimeDelta::milliseconds(*ms)));
            latencies.summary()
        };
        report.hops[0].from_commit = latencies(&[80, 150, 150, 150, 150]);
        report.hops[1].from_commit = latencies(&[150, 400_000]);
        let expected = "since the commit, up to\n            100 200 500  1s  2s  5s 10s 20s  1m  5m   >\n \
                        stream     ▂▂▂ ███\n log            ███                                 ███";
        assert_eq!(report.chart().as_deref(), Some(expected));
    }
}
