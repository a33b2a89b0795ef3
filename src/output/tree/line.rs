//! Lines of steps and resources.

use std::time::Instant;

use console::{measure_text_width, truncate_str};

use super::{Resource, Step};
use crate::base::report::clock;
use crate::output::style::{BOLD, CYAN, DIM, RED};

const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// Width from which resource types are shown.
const WIDE: usize = 100;
/// Width from which expected durations are shown.
const ROOMY: usize = 60;

impl Step {
    pub(super) fn line(&self, now: Instant, frame: usize, indent: usize, width: usize) -> String {
        let scope = format!("{BOLD}{:indent$}{BOLD:#}", self.scope);
        if !self.waits_for.is_empty() {
            let text = format!("  {scope}  {DIM}waits for {}{DIM:#}", self.waits_for.join(", "));
            return truncate_str(&text, width, "…").into_owned();
        }
        let done = match (self.done.len(), self.of) {
            (done, Some(all)) => format!(" · {} of {all} resources done", done.min(all)),
            (0, None) => String::new(),
            (done, None) => format!(" · {done} done"),
        };
        let spinner = FRAMES[frame % FRAMES.len()];
        let left = format!("{CYAN}{spinner}{CYAN:#} {scope}  {}{done}", self.message);
        let words = self.forecast.as_ref().and_then(|forecast| forecast.words(now)).filter(|_| width >= ROOMY);
        let right = match words {
            Some(words) => format!(" {words}  {:>5}", elapsed(self.begun, now)),
            None => elapsed(self.begun, now),
        };
        spread(&left, &right, width)
    }

    /// Returns the resources in progress, the longest first; at most `most` lines.
    pub(super) fn children(&self, now: Instant, most: usize, width: usize) -> Vec<String> {
        let mut resources: Vec<_> = self.resources.iter().collect();
        resources.sort_by_key(|resource| resource.begun);
        let shown = if resources.len() > most { most.saturating_sub(1) } else { resources.len() };
        let mut lines: Vec<_> = resources[..shown].iter().map(|resource| resource.line(now, width)).collect();
        if shown < resources.len() && most > 0 {
            let more = format!("    {DIM}and {} more{DIM:#}", resources.len() - shown);
            lines.push(truncate_str(&more, width, "…").into_owned());
        }
        lines
    }
}

impl Resource {
    fn line(&self, now: Instant, width: usize) -> String {
        let style = if self.status.ends_with("_FAILED") { RED } else { DIM };
        let kind = if width >= WIDE { format!("  {DIM}{}{DIM:#}", self.kind) } else { String::new() };
        let usually = self.usually.as_ref().map(|time| format!("  usually {time}")).unwrap_or_default();
        let left = format!("    {:<28} {style}{}{style:#}{usually}{kind}", self.name, self.status);
        spread(&left, &elapsed(self.begun, now), width)
    }
}

/// Joins both on one line of `width` columns; the left one is cut first.
fn spread(left: &str, right: &str, width: usize) -> String {
    let room = width.saturating_sub(measure_text_width(right) + 1);
    let left = truncate_str(left, room, "…");
    let gap = room.saturating_sub(measure_text_width(&left)) + 1;
    let line = format!("{left}{}{DIM}{right}{DIM:#}", " ".repeat(gap));
    truncate_str(&line, width, "").into_owned()
}

/// Formats the elapsed time.
fn elapsed(begun: Instant, now: Instant) -> String {
    clock(now.saturating_duration_since(begun).as_secs())
}
