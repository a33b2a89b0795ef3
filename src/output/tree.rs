//! Lines of the live view: steps, their resources, durations and dependencies. Pure.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use console::{measure_text_width, truncate_str};

use super::expect::Forecast;
use super::style::{BOLD, CYAN, DIM, RED};
use super::{Event, Expect};

const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// Width from which resource types are shown.
const WIDE: usize = 100;

/// Shorter waits are not shown.
const WORTH_SHOWING: Duration = Duration::from_millis(700);
/// Width from which expected durations are shown.
const ROOMY: usize = 60;

/// Steps in progress, in the order of their first event.
#[derive(Debug, Default)]
pub struct Tree {
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    scope: String,
    message: String,
    begun: Instant,
    /// Dependencies of a step that has not started.
    waits_for: Vec<String>,
    resources: Vec<Resource>,
    /// Resources that have succeeded.
    done: BTreeSet<String>,
    /// Number of resources, if known.
    of: Option<usize>,
    forecast: Option<Forecast>,
    /// Time before which it is not shown.
    from: Instant,
}

/// A resource in progress, or failed.
#[derive(Debug)]
struct Resource {
    name: String,
    kind: String,
    status: String,
    usually: Option<String>,
    begun: Instant,
}

impl Tree {
    pub fn clear(&mut self) {
        self.steps.clear();
    }

    /// Records an event. Returns the duration of the step that the event ended.
    pub fn observe(&mut self, event: &Event, now: Instant) -> Option<Duration> {
        match event {
            Event::Started { scope, message, resources } => {
                let step = self.step(scope, now);
                if !step.waits_for.is_empty() {
                    step.begun = now;
                }
                step.waits_for.clear();
                step.done.clear();
                step.of = *resources;
                step.message.clone_from(message);
                step.forecast = None;
            }
            Event::Progress { scope, message } => {
                let step = self.step(scope, now);
                step.waits_for.clear();
                step.message.clone_from(message);
            }
            Event::Waiting { scope, on } => self.step(scope, now).waits_for.clone_from(on),
            Event::Resource { scope, resource, resource_type, status, usually, .. } => {
                self.step(scope, now).resource(resource, resource_type, status, usually.as_deref(), now);
            }
            Event::Finished { scope, .. } | Event::Failed { scope, .. } => {
                let at = self.steps.iter().position(|step| step.scope == *scope)?;
                return Some(now.saturating_duration_since(self.steps.remove(at).begun));
            }
            Event::Note { .. } => {}
        }
        None
    }

    /// Records a wait, which is shown only if it lasts.
    pub fn wait(&mut self, scope: &str, message: &str, now: Instant) {
        let step = self.step(scope, now);
        message.clone_into(&mut step.message);
        step.from = now + WORTH_SHOWING;
    }

    /// Records the expected duration of a step in progress.
    pub fn expect(&mut self, scope: &str, expect: Expect, now: Instant) {
        let Some(step) = self.steps.iter_mut().find(|step| step.scope == scope) else { return };
        match &mut step.forecast {
            Some(forecast) => forecast.update(expect, now),
            none => *none = Some(Forecast::new(expect, now)),
        }
    }

    fn step(&mut self, scope: &str, now: Instant) -> &mut Step {
        let at = self.steps.iter().position(|step| step.scope == scope).unwrap_or_else(|| {
            self.steps.push(Step {
                scope: scope.to_owned(),
                message: String::new(),
                begun: now,
                waits_for: Vec::new(),
                resources: Vec::new(),
                done: BTreeSet::new(),
                of: None,
                forecast: None,
                from: now,
            });
            self.steps.len() - 1
        });
        &mut self.steps[at]
    }

    /// Returns the lines, none wider than `width` columns and at most `height`.
    pub fn draw(&self, now: Instant, frame: usize, width: usize, height: usize) -> Vec<String> {
        let steps: Vec<&Step> = self.steps.iter().filter(|step| step.from <= now).collect();
        let room = height.saturating_sub(steps.len());
        let running = steps.iter().filter(|step| !step.resources.is_empty()).count().max(1);
        let each = (room / running).min(8);
        let indent = steps.iter().map(|step| measure_text_width(&step.scope)).max().unwrap_or(0);
        let mut lines = Vec::new();
        let (waiting, begun): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| !step.waits_for.is_empty());
        for step in begun.into_iter().chain(waiting) {
            lines.push(step.line(now, frame, indent, width));
            lines.extend(step.children(now, each, width));
        }
        if lines.len() > height {
            let hidden = lines.len() + 1 - height.max(1);
            lines.truncate(height.saturating_sub(1));
            lines.push(truncate_str(&format!("{DIM}… and {hidden} more{DIM:#}"), width, "…").into_owned());
        }
        lines
    }
}

impl Step {
    fn resource(&mut self, name: &str, kind: &str, status: &str, usually: Option<&str>, now: Instant) {
        let at = self.resources.iter().position(|resource| resource.name == name);
        if status.ends_with("_COMPLETE") {
            self.done.insert(name.to_owned());
            if let Some(at) = at {
                self.resources.remove(at);
            }
            return;
        }
        match at {
            Some(at) => {
                status.clone_into(&mut self.resources[at].status);
                self.resources[at].usually = usually.map(str::to_owned);
            }
            None => self.resources.push(Resource {
                name: name.to_owned(),
                kind: kind.to_owned(),
                status: status.to_owned(),
                usually: usually.map(str::to_owned),
                begun: now,
            }),
        }
    }

    fn line(&self, now: Instant, frame: usize, indent: usize, width: usize) -> String {
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
    fn children(&self, now: Instant, most: usize, width: usize) -> Vec<String> {
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

/// Formats the elapsed time: `0:07`, `12:30`, `1:02:03`.
fn elapsed(begun: Instant, now: Instant) -> String {
    let seconds = now.saturating_duration_since(begun).as_secs();
    clock(seconds)
}

/// Formats seconds like a clock.
pub fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn resource(name: &str, kind: &str, status: &str) -> Event {
        let usually = (kind == "AWS::EC2::VPCEndpoint" && status == "CREATE_IN_PROGRESS").then(|| "1–3 min".into());
        Event::Resource {
            scope: "network".into(),
            resource: name.into(),
            resource_type: kind.into(),
            status: status.into(),
            reason: None,
            usually,
        }
    }

    fn tree(now: Instant) -> Tree {
        let mut tree = Tree::default();
        tree.observe(&Event::Waiting { scope: "dms".into(), on: vec!["network".into(), "database".into()] }, now);
        let create = Event::Started { scope: "network".into(), message: "create".into(), resources: Some(12) };
        tree.observe(&create, now);
        tree.observe(&resource("Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS"), now);
        tree.observe(&resource("Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE"), now);
        tree.observe(&resource("Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE"), now);
        let later = now + Duration::from_secs(11);
        tree.observe(&resource("KinesisEndpoint", "AWS::EC2::VPCEndpoint", "CREATE_IN_PROGRESS"), later);
        tree.observe(&resource("SecretsEndpoint", "AWS::EC2::VPCEndpoint", "CREATE_FAILED"), later);
        tree
    }

    fn drawn(tree: &Tree, now: Instant, width: usize, height: usize) -> String {
        let lines = tree.draw(now + Duration::from_secs(83), 0, width, height);
        assert!(lines.iter().all(|line| measure_text_width(line) <= width), "{lines:#?}");
        assert!(lines.len() <= height, "{lines:#?}");
        lines.iter().map(|line| console::strip_ansi_codes(line).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn steps_show_their_resources_and_dependencies() {
        let now = Instant::now();
        assert_snapshot!(drawn(&tree(now), now, 80, 24), @r"
        ⠋ network  create · 1 of 12 resources done                                  1:23
            KinesisEndpoint              CREATE_IN_PROGRESS  usually 1–3 min        1:12
            SecretsEndpoint              CREATE_FAILED                              1:12
          dms      waits for network, database
        ");
        assert_snapshot!(drawn(&tree(now), now, 120, 24), @r"
        ⠋ network  create · 1 of 12 resources done                                                                          1:23
            KinesisEndpoint              CREATE_IN_PROGRESS  usually 1–3 min  AWS::EC2::VPCEndpoint                         1:12
            SecretsEndpoint              CREATE_FAILED  AWS::EC2::VPCEndpoint                                               1:12
          dms      waits for network, database
        ");
    }

    #[test]
    fn a_step_shows_its_expected_duration() {
        let now = Instant::now();
        let mut tree = Tree::default();
        tree.observe(&Event::started("dms", "task is starting"), now);
        tree.expect("dms", Expect::Usually(60, 180), now);
        tree.observe(&Event::started("verify", "of 1000: kinesis 400, events 380, log 377"), now);
        tree.expect("verify", Expect::of(0, 1_000), now);
        tree.expect("verify", Expect::of(250, 1_000), now);
        tree.expect("unknown", Expect::of(1, 2), now);
        tree.wait("dlq", "reading the failure bucket", now + Duration::from_millis(82_500));
        assert_snapshot!(drawn(&tree, now, 80, 24), @"
        ⠋ dms     task is starting                                usually 1–3 min   1:23
        ⠋ verify  of 1000: kinesis 400, events 380, log 377       25 %, 4:09 left   1:23
        ");
        assert_snapshot!(drawn(&tree, now, 119, 24), @"
        ⠋ dms     task is starting                                                                       usually 1–3 min   1:23
        ⠋ verify  of 1000: kinesis 400, events 380, log 377                                              25 %, 4:09 left   1:23
        ");
        assert_snapshot!(drawn(&tree, now, 40, 24), @"
        ⠋ dms     task is starting          1:23
        ⠋ verify  of 1000: kinesis 400, ev… 1:23
        ");
    }

    #[test]
    fn the_lines_fit_a_small_terminal() {
        let now = Instant::now();
        let mut tree = tree(now);
        for number in 0..30 {
            tree.observe(&resource(&format!("Resource{number}"), "AWS::X::Y", "CREATE_IN_PROGRESS"), now);
            tree.observe(&Event::started(format!("stack-{number}"), "create"), now);
        }
        for (width, height) in [(40, 5), (80, 24), (20, 40), (200, 60), (1, 1)] {
            drawn(&tree, now, width, height);
        }
    }

    #[test]
    fn an_ended_step_returns_its_duration() {
        let now = Instant::now();
        let mut tree = tree(now);
        let took = tree.observe(&Event::finished("network", "CREATE_COMPLETE", true), now + Duration::from_secs(90));
        assert_eq!(
            (took.map(|took| took.as_secs()), clock(90), clock(3723)),
            (Some(90), "1:30".into(), "1:02:03".into())
        );
        tree.observe(&Event::failed("dms", "not begun"), now);
        assert_eq!(tree.draw(now, 0, 80, 24), Vec::<String>::new());
    }
}
