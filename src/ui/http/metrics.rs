//! `/metrics` in Prometheus' text format.

use std::fmt::Write;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::Site;
use crate::ui::model::{Fill, Head, Picture, Quantiles};

pub async fn metrics(State(site): State<Site>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&site.model.picture()))
}

/// Labels besides the common ones.
type Labels = Vec<(&'static str, String)>;

/// The text under construction. Writing to a string does not fail, so results of `write!` are dropped.
struct Page<'a> {
    head: &'a Head,
    text: String,
}

impl Page<'_> {
    /// Adds a metric with its samples; nothing if there are none.
    fn metric(&mut self, name: &str, kind: &str, help: &str, samples: impl IntoIterator<Item = (Labels, f64)>) {
        self.family(name, kind, help, samples.into_iter().map(|(labels, value)| ("", labels, value)));
    }

    /// Adds a metric whose samples have separate names, such as `_bucket`.
    fn family(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        samples: impl IntoIterator<Item = (&'static str, Labels, f64)>,
    ) {
        for (at, (suffix, labels, value)) in samples.into_iter().enumerate() {
            if at == 0 {
                let _ = write!(self.text, "# HELP outboxctl_{name} {help}\n# TYPE outboxctl_{name} {kind}\n");
            }
            let own = [("pipeline", self.head.pipeline.to_owned()), ("stage", self.head.stage.clone())];
            let labels: Vec<String> =
                own.iter().chain(&labels).map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
            let _ = writeln!(self.text, "outboxctl_{name}{suffix}{{{}}} {value}", labels.join(","));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus' numbers are doubles")]
fn text(picture: &Picture) -> String {
    let hop = |name: &str| vec![("hop", name.to_owned())];
    let stages = &picture.stages;
    let mut page = Page { head: &picture.head, text: String::new() };
    let counts = stages.iter().map(|stage| (hop(stage.stop.hop.name()), stage.count as f64));
    page.metric("events_total", "counter", "Distinct events seen at a hop.", counts);
    let waiting = stages.iter().map(|stage| (hop(stage.stop.hop.name()), stage.waiting as f64));
    page.metric("events_waiting", "gauge", "Events that passed the previous hop and not yet this one.", waiting);
    let latency = stages.iter().filter_map(|stage| Some((stage.stop.hop.name(), stage.latency?)));
    let latency = latency.flat_map(|(name, latency)| {
        quantiles(latency).map(|(quantile, seconds)| ([hop(name), vec![quantile]].concat(), seconds))
    });
    page.metric("latency_seconds", "gauge", "From the previous hop, over the newest events.", latency);
    let whole = picture.latency.into_iter().flat_map(quantiles).map(|(quantile, seconds)| (vec![quantile], seconds));
    page.metric("delivery_latency_seconds", "gauge", "From commit to delivery, over the newest events.", whole);
    page.family("delivery_seconds", "histogram", "From commit to delivery.", delays(picture));
    page.metric("failures", "gauge", "Failed events and records.", [(vec![], picture.failures as f64)]);
    let fill = |value: fn(&Fill) -> Option<i64>| {
        picture.outbox.iter().filter_map(move |fill| Some((vec![], value(fill)? as f64)))
    };
    page.metric("outbox_rows", "gauge", "Rows in the outbox.", fill(|fill| Some(fill.rows)));
    let help = "Rows not marked processed, at most 100000.";
    page.metric("outbox_unprocessed_rows", "gauge", help, fill(|fill| fill.unprocessed));
    let slots = picture.slots.iter();
    let lag = slots.filter_map(|slot| Some((vec![("slot", slot.name.clone())], slot.lag_bytes? as f64)));
    page.metric("slot_lag_bytes", "gauge", "Write-ahead log that a slot's reader has not confirmed.", lag);
    let up = picture.sources.iter().map(|s| (vec![("source", s.name.to_owned())], f64::from(u8::from(s.ok))));
    page.metric("source_up", "gauge", "1 if the source of these numbers responds, otherwise 0.", up);
    page.text
}

/// Returns the median and the 99th percentile in seconds, each with its label.
fn quantiles(latency: Quantiles) -> [((&'static str, String), f64); 2] {
    [("0.5", latency.p50), ("0.99", latency.p99)]
        .map(|(quantile, millis)| (("quantile", quantile.to_owned()), millis / 1_000.0))
}

/// Returns cumulative buckets: each includes those below it.
#[expect(clippy::cast_precision_loss, reason = "Prometheus' numbers are doubles")]
fn delays(picture: &Picture) -> Vec<(&'static str, Labels, f64)> {
    let mut total = 0;
    let mut samples: Vec<(&'static str, Labels, f64)> = Vec::new();
    for class in &picture.histogram {
        total += class.count;
        let bound = class.to_ms.map_or("+Inf".to_owned(), |millis| (f64::from(millis) / 1_000.0).to_string());
        samples.push(("_bucket", vec![("le", bound)], total as f64));
    }
    samples.push(("_sum", vec![], picture.delay_sum / 1_000.0));
    samples.push(("_count", vec![], total as f64));
    samples
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }

    #[test]
    fn a_family_is_announced_once_and_only_with_samples() {
        let head = Head { pipeline: "p", stage: "s".into(), ..Head::default() };
        let mut page = Page { head: &head, text: String::new() };
        page.metric("none", "gauge", "Nothing.", []);
        let bucket = |bound: &str| ("_bucket", vec![("le", bound.to_owned())], 1.0);
        page.family("d", "histogram", "Delays.", [bucket("0.01"), bucket("+Inf")]);
        assert_eq!(
            page.text,
            "# HELP outboxctl_d Delays.\n# TYPE outboxctl_d histogram\n\
             outboxctl_d_bucket{pipeline=\"p\",stage=\"s\",le=\"0.01\"} 1\n\
             outboxctl_d_bucket{pipeline=\"p\",stage=\"s\",le=\"+Inf\"} 1\n"
        );
    }
}
