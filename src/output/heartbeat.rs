//! Writes a line at least once a minute for each step in progress, so that CI systems do not take silence for a hang.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::expect::Forecast;
use super::{Event, Expect};

/// Silence after which a step in progress is mentioned again; CI systems' shortest limits are minutes.
const SILENCE: Duration = Duration::from_secs(50);
const LOOK: Duration = Duration::from_secs(5);

struct Step {
    message: String,
    begun: Instant,
    reported: Instant,
    forecast: Option<Forecast>,
}

/// Steps in progress, by scope.
#[derive(Default)]
pub struct Heartbeat {
    steps: Mutex<BTreeMap<String, Step>>,
}

impl Heartbeat {
    /// Starts the watching thread; it ends with the process, or with the last user of the heartbeat.
    pub fn start(say: impl Fn(Event) + Send + 'static) -> Arc<Self> {
        let heartbeat = Arc::new(Self::default());
        let watched = Arc::downgrade(&heartbeat);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(LOOK);
                let Some(heartbeat) = watched.upgrade() else { return };
                heartbeat.due(Instant::now()).into_iter().for_each(&say);
            }
        });
        heartbeat
    }

    /// Records an event.
    pub fn observe(&self, event: &Event) {
        let now = Instant::now();
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { scope, message, .. } => {
                steps.insert(
                    scope.clone(),
                    Step { message: message.clone(), begun: now, reported: now, forecast: None },
                );
            }
            Event::Progress { scope, message } => {
                let step = steps.entry(scope.clone());
                let step =
                    step.or_insert_with(|| Step { message: String::new(), begun: now, reported: now, forecast: None });
                (step.message, step.reported) = (message.clone(), now);
            }
            Event::Finished { scope, .. } | Event::Failed { scope, .. } => {
                steps.remove(scope);
            }
            Event::Resource { scope, .. } => {
                if let Some(step) = steps.get_mut(scope) {
                    step.reported = now;
                }
            }
            Event::Waiting { .. } | Event::Note { .. } => {}
        }
    }

    /// Records the expected duration of a step in progress.
    pub fn expect(&self, scope: &str, expect: Expect) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(step) = steps.get_mut(scope) else { return };
        match &mut step.forecast {
            Some(forecast) => forecast.update(expect, Instant::now()),
            none => *none = Some(Forecast::new(expect, Instant::now())),
        }
    }

    /// Returns a line for each step that was silent for too long.
    fn due(&self, now: Instant) -> Vec<Event> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = steps.iter_mut().filter(|(_, step)| now.duration_since(step.reported) >= SILENCE);
        silent
            .map(|(scope, step)| {
                step.reported = now;
                let elapsed = now.duration_since(step.begun).as_secs();
                let forecast = step.forecast.as_ref().and_then(|forecast| forecast.words(now));
                let forecast = forecast.map(|words| format!("; {words}")).unwrap_or_default();
                Event::progress(scope, format!("{} (still, after {elapsed} s{forecast})", step.message))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_silent_steps_are_mentioned_and_only_once() {
        let heartbeat = Heartbeat::default();
        heartbeat.observe(&Event::started("network", "creating"));
        heartbeat.observe(&Event::started("bus", "creating"));
        heartbeat.observe(&Event::finished("bus", "created", true));
        assert_eq!(heartbeat.due(Instant::now()), []);
        let later = Instant::now() + SILENCE;
        let reported = heartbeat.due(later);
        assert_eq!(reported.len(), 1);
        assert!(
            matches!(&reported[0], Event::Progress { scope, message } if scope == "network" && message.starts_with("creating (still"))
        );
        assert_eq!(heartbeat.due(later), []);
    }

    #[test]
    fn the_usual_duration_is_mentioned() {
        let heartbeat = Heartbeat::default();
        heartbeat.observe(&Event::started("dms", "task is starting"));
        heartbeat.expect("dms", Expect::Usually(60, 180));
        let reported = heartbeat.due(Instant::now() + SILENCE);
        let text = "task is starting (still, after 50 s; usually 1–3 min)";
        assert_eq!(reported, [Event::progress("dms", text)]);
    }
}
