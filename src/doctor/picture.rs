//! The pipeline as a diagram in text: its hops in order, and the place where it is broken.

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::{Finding, State};
use crate::deployment::Deployment;
use crate::pipelines::Hop;

/// A hop with the worst of its findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HopState {
    pub hop: Hop,
    pub state: State,
    /// The state as the service names it, like `running`.
    pub word: String,
    /// Details in words.
    pub detail: String,
}

/// Returns the hops of the deployment with their findings.
pub fn hops(deployment: &Deployment, findings: &[Finding]) -> Vec<HopState> {
    places(deployment.stops().map(|stop| stop.part.hop()), findings)
}

fn places(hops: impl Iterator<Item = Hop>, findings: &[Finding]) -> Vec<HopState> {
    let place = |hop: Hop| {
        let of_hop: Vec<_> = findings.iter().filter(|finding| finding.hop == Some(hop)).collect();
        let worst = of_hop.iter().map(|finding| finding.state).max().unwrap_or(State::NotChecked);
        // A failure without a word must not be shown with the word of a finding that is ok.
        let others = of_hop.iter().filter(|_| worst != State::Failed);
        let words = of_hop.iter().filter(|finding| finding.state == worst).chain(others);
        let word = words.filter_map(|finding| finding.word.clone()).next();
        let details = of_hop.iter().filter(|finding| finding.state == worst || finding.state == State::Ok);
        let mut details: Vec<_> = details.collect();
        details.sort_by_key(|finding| std::cmp::Reverse(finding.state));
        let mut messages: Vec<&str> = details.iter().map(|finding| finding.message.as_str()).collect();
        // Two checks of one missing stack have the same message.
        messages.dedup();
        let detail = messages.join("; ");
        HopState { hop, state: worst, word: word.unwrap_or_else(|| unnamed(worst).into()), detail }
    };
    hops.map(place).collect()
}

/// Returns the word for a hop whose service reported none.
fn unnamed(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::NotChecked => "unknown",
        State::Warning => "doubtful",
        State::Failed => "failed",
    }
}

fn mark(state: State) -> (&'static str, Style) {
    match state {
        State::Ok => ("✓", AnsiColor::Green.on_default()),
        State::NotChecked => ("?", Style::new().dimmed()),
        State::Warning => ("!", AnsiColor::Yellow.on_default()),
        State::Failed => ("✗", AnsiColor::Red.on_default().bold()),
    }
}

/// Returns the first hop at which events stop: a failure, or nothing that moves them on.
fn broken(places: &[HopState]) -> Option<usize> {
    let stands = |place: &HopState| matches!(place.word.as_str(), "stopped" | "ready" | "none" | "missing");
    places.iter().position(|place| place.state == State::Failed || stands(place))
}

/// Returns the diagram in `width` columns: one line of hops, with longer arrows where there is room, or more lines
/// where there is not; below it a pointer to the broken hop. Escape codes are for a terminal; the writer drops them
/// elsewhere.
pub fn picture(places: &[HopState], width: usize) -> String {
    let broken = broken(places);
    let names: usize = places.iter().map(|place| place.hop.name().len() + 2).sum();
    let gaps = places.len().saturating_sub(1).max(1);
    // An arrow is a space, a line of some dashes, a head and a space.
    let dashes = (width.saturating_sub(names + 2) / gaps).saturating_sub(3).clamp(1, 6);
    let (mut line, mut column, mut pointer) = (String::from("  "), 2, None);
    let mut lines = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let (sign, style) = mark(place.state);
        let length = place.hop.name().len() + 2;
        let arrow = if index == 0 { 0 } else { dashes + 3 };
        if column + arrow + length > width && column > 2 {
            lines.push(std::mem::replace(&mut line, String::from("    ")));
            lines.extend(pointer.take().map(pointing));
            column = 4;
        }
        if index > 0 {
            // Past the break nothing new arrives.
            let past = broken.is_some_and(|broken| index > broken);
            let stroke = if past { "┄" } else { "─" };
            line.push_str(&format!(" {}▶ ", stroke.repeat(dashes)));
            column += arrow;
        }
        if broken == Some(index) {
            pointer = Some(column);
        }
        line.push_str(&format!("{style}{sign}{style:#} {}", place.hop.name()));
        column += length;
    }
    lines.push(line);
    lines.extend(pointer.map(pointing));
    lines.join("\n")
}

fn pointing(column: usize) -> String {
    let (_, style) = mark(State::Failed);
    let text = "broken here";
    // Before the arrow where it would not fit behind.
    match column {
        column if column > 40 => format!("{}{style}{text} ▲{style:#}", " ".repeat(column - text.len() - 1)),
        column => format!("{}{style}▲ {text}{style:#}", " ".repeat(column)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::{self, Pipeline};

    fn hops(pipeline: &Pipeline, with_sample: bool, findings: &[Finding]) -> Vec<HopState> {
        places(pipeline.hops(with_sample).into_iter(), findings)
    }

    fn healthy(pipeline: &Pipeline) -> Vec<Finding> {
        pipeline.hops(true).into_iter().map(|hop| Finding::ok(hop.name(), "fine").word("active").at(hop)).collect()
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn every_pipeline_fits_eighty_columns_and_uses_more() {
        for pipeline in pipelines::ALL {
            let places = hops(pipeline, true, &healthy(pipeline));
            for width in [80, 200] {
                let drawn = plain(&picture(&places, width));
                assert_eq!(drawn.lines().count(), 1, "{drawn}");
                assert!(drawn.chars().count() <= width, "{}: {drawn}", pipeline.name);
            }
            let (narrow, wide) = (plain(&picture(&places, 80)), plain(&picture(&places, 200)));
            assert!(wide.len() >= narrow.len(), "{narrow}\n{wide}");
            assert!(plain(&picture(&places, 30)).lines().all(|line| line.chars().count() <= 30));
        }
    }

    #[test]
    fn broken_hop_is_marked_and_later_arrows_are_dotted() {
        let pipeline = pipelines::find("rds-eventbridge").expect("a pipeline");
        let mut findings = healthy(pipeline);
        let capture = findings.iter_mut().find(|finding| finding.hop == Some(Hop::Capture)).expect("a capture");
        *capture = Finding::warning("capture task", "stopped by hand", "start it").word("stopped").at(Hop::Capture);
        let drawn = plain(&picture(&hops(pipeline, true, &findings), 80));
        let lines: Vec<&str> = drawn.lines().collect();
        let column = |line: &str, text: &str| line[..line.find(text).expect("in the line")].chars().count();
        assert_eq!(column(lines[1], "▲"), column(lines[0], "! capture"), "{drawn}");
        assert!(lines[0].contains("database ─▶ ! capture ┄▶ ✓ stream"), "{drawn}");
    }

    #[test]
    fn unchecked_hops_are_not_shown_as_ok() {
        let pipeline = pipelines::find("dynamodb-cdc").expect("a pipeline");
        let places = hops(pipeline, false, &[Finding::not_checked("table", "no answer").at(Hop::Table)]);
        assert!(places.iter().all(|place| place.state == State::NotChecked && place.word == "unknown"));
        assert!(places.iter().any(|place| place.hop == Hop::Receiver), "{places:?}");
    }
}
