//! `/metrics` in Prometheus' text format.

use std::fmt::Write;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::Site;
use crate::ui::model::Picture;

pub async fn metrics(State(site): State<Site>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&site.model.picture()))
}

/// One metric's lines: labels and value.
type Samples = Vec<(Vec<(&'static str, String)>, f64)>;

#[expect(clippy::cast_precision_loss, reason = "Prometheus' numbers are doubles")]
fn text(picture: &Picture) -> String {
    let hop = |name: &str| vec![("hop", name.to_owned())];
    let stages = &picture.stages;
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, samples: Samples| {
        if !samples.is_empty() {
            // Writing to a string does not fail.
            let _ = write!(text, "# HELP outboxctl_{name} {help}\n# TYPE outboxctl_{name} {kind}\n");
        }
        for (labels, value) in samples {
            let own = [("pipeline", picture.head.pipeline.to_owned()), ("stage", picture.head.stage.clone())];
            let labels: Vec<String> =
                own.iter().chain(&labels).map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
            let _ = writeln!(text, "outboxctl_{name}{{{}}} {value}", labels.join(","));
        }
    };
    let counts = stages.iter().map(|stage| (hop(stage.stop.hop.name()), stage.count as f64)).collect();
    metric("events_total", "counter", "Different events seen at a hop.", counts);
    let waiting = stages.iter().map(|stage| (hop(stage.stop.hop.name()), stage.waiting as f64)).collect();
    metric("events_waiting", "gauge", "Events that passed the hop before and not yet this one.", waiting);
    let latency = stages.iter().filter_map(|stage| Some((stage.stop.hop.name(), stage.latency?)));
    let latency = latency.chain(picture.latency.map(|whole| ("end-to-end", whole))).flat_map(|(name, quantiles)| {
        [("0.5", quantiles.p50), ("0.99", quantiles.p99)].map(|(quantile, millis)| {
            (vec![("hop", name.to_owned()), ("quantile", quantile.to_owned())], millis / 1_000.0)
        })
    });
    metric("latency_seconds", "gauge", "From the hop before, over the newest events.", latency.collect());
    metric("failures", "gauge", "Events and records given up.", vec![(vec![], picture.failures as f64)]);
    let fill = |value: fn(&crate::postgres::admin::Fill) -> i64| {
        picture.outbox.iter().map(|fill| (vec![], value(fill) as f64)).collect()
    };
    metric("outbox_rows", "gauge", "Rows in the outbox.", fill(|fill| fill.rows));
    metric("outbox_unprocessed_rows", "gauge", "Rows not marked processed, at most 100000.", fill(|f| f.unprocessed));
    let slots = picture.slots.iter();
    let lag = slots.filter_map(|slot| Some((vec![("slot", slot.name.clone())], slot.lag_bytes? as f64))).collect();
    metric("slot_lag_bytes", "gauge", "Write-ahead log that a slot's reader has not confirmed.", lag);
    let up = picture.sources.iter().map(|s| (vec![("source", s.name.to_owned())], f64::from(u8::from(s.ok))));
    metric("source_up", "gauge", "Whether a source of these numbers answers.", up.collect());
    text
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
