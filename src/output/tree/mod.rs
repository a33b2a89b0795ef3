//! The steps of the live view, with their resources, durations and dependencies; `line.rs` draws them. Pure.

mod line;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use console::{measure_text_width, truncate_str};

use super::expect::Forecast;
use super::style::DIM;
use super::{Event, Expect};

/// Shorter waits are not shown.
const WORTH_SHOWING: Duration = Duration::from_millis(700);

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
    /// Time of the last report.
    reported: Instant,
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
                step.reported = now;
                step.message.clone_from(message);
                step.forecast = None;
            }
            Event::Progress { scope, message } => {
                let step = self.step(scope, now);
                step.waits_for.clear();
                step.message.clone_from(message);
                step.reported = now;
            }
            Event::Waiting { scope, on } => self.step(scope, now).waits_for.clone_from(on),
            Event::Resource { scope, resource, resource_type, status, usually, .. } => {
                let step = self.step(scope, now);
                step.resource(resource, resource_type, status, usually.as_deref(), now);
                step.reported = now;
            }
            Event::Finished { scope, .. } | Event::Failed { scope, .. } => {
                let at = self.steps.iter().position(|step| step.scope == *scope)?;
                return Some(now.saturating_duration_since(self.steps.remove(at).begun));
            }
            Event::Note { .. } => {}
        }
        None
    }

    /// Returns whether the event is progress with the same text as the last report of its step.
    pub fn is_repeated(&self, event: &Event) -> bool {
        let Event::Progress { scope, message } = event else { return false };
        self.steps.iter().any(|step| step.scope == *scope && step.message == *message)
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

    /// Returns a line for each step in progress without a report since `limit`; the line counts as one.
    pub fn silent(&mut self, now: Instant, limit: Duration) -> Vec<Event> {
        let begun = self.steps.iter_mut().filter(|step| step.waits_for.is_empty() && !step.message.is_empty());
        let silent = begun.filter(|step| now.saturating_duration_since(step.reported) >= limit);
        let line = |step: &mut Step| {
            step.reported = now;
            let elapsed = now.saturating_duration_since(step.begun).as_secs();
            let forecast = step.forecast.as_ref().and_then(|forecast| forecast.words(now));
            let forecast = forecast.map(|words| format!("; {words}")).unwrap_or_default();
            Event::progress(&step.scope, format!("{} (still, after {elapsed} s{forecast})", step.message))
        };
        silent.map(line).collect()
    }

    fn step(&mut self, scope: &str, now: Instant) -> &mut Step {
        let at = self.steps.iter().position(|step| step.scope == scope).unwrap_or_else(|| {
            self.steps.push(Step {
                scope: scope.to_owned(),
                message: String::new(),
                begun: now,
                reported: now,
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
        assert_eq!(took, Some(Duration::from_secs(90)));
        tree.observe(&Event::failed("dms", "not begun"), now);
        assert_eq!(tree.draw(now, 0, 80, 24), Vec::<String>::new());
    }
}
