//! A line at least once a minute while a step is under way, so that CI systems don't take silence for a hang.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::expect::Outlook;
use super::{Event, Expect};

/// Silence after which a step under way is mentioned again; CI systems' shortest limits are minutes.
const SILENCE: Duration = Duration::from_secs(50);
const LOOK: Duration = Duration::from_secs(5);

struct Step {
    message: String,
    begun: Instant,
    said: Instant,
    outlook: Option<Outlook>,
}

/// Steps under way, by scope.
#[derive(Default)]
pub struct Heartbeat {
    steps: Mutex<BTreeMap<String, Step>>,
}

impl Heartbeat {
    /// Starts the thread that watches; it ends with the process, or with the last user of the heartbeat.
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

    /// Takes note of what was said.
    pub fn observe(&self, event: &Event) {
        let now = Instant::now();
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { scope, message, .. } => {
                steps.insert(scope.clone(), Step { message: message.clone(), begun: now, said: now, outlook: None });
            }
            Event::Progress { scope, message } => {
                let step = steps.entry(scope.clone());
                let step =
                    step.or_insert_with(|| Step { message: String::new(), begun: now, said: now, outlook: None });
                (step.message, step.said) = (message.clone(), now);
            }
            Event::Finished { scope, .. } | Event::Failed { scope, .. } => {
                steps.remove(scope);
            }
            Event::Resource { scope, .. } => {
                if let Some(step) = steps.get_mut(scope) {
                    step.said = now;
                }
            }
            Event::Waiting { .. } | Event::Note { .. } => {}
        }
    }

    /// Takes note of how long a step under way may take.
    pub fn expect(&self, scope: &str, expect: Expect) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(step) = steps.get_mut(scope) else { return };
        match &mut step.outlook {
            Some(outlook) => outlook.update(expect, Instant::now()),
            none => *none = Some(Outlook::new(expect, Instant::now())),
        }
    }

    /// A line for each step that was silent for too long.
    fn due(&self, now: Instant) -> Vec<Event> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = steps.iter_mut().filter(|(_, step)| now.duration_since(step.said) >= SILENCE);
        silent
            .map(|(scope, step)| {
                step.said = now;
                let elapsed = now.duration_since(step.begun).as_secs();
                let outlook = step.outlook.as_ref().and_then(|outlook| outlook.words(now));
                let outlook = outlook.map(|words| format!("; {words}")).unwrap_or_default();
                Event::progress(scope, format!("{} (still, after {elapsed} s{outlook})", step.message))
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
        let said = heartbeat.due(later);
        assert_eq!(said.len(), 1);
        assert!(
            matches!(&said[0], Event::Progress { scope, message } if scope == "network" && message.starts_with("creating (still"))
        );
        assert_eq!(heartbeat.due(later), []);
    }

    #[test]
    fn what_is_usual_is_mentioned_with_it() {
        let heartbeat = Heartbeat::default();
        heartbeat.observe(&Event::started("dms", "task is starting"));
        heartbeat.expect("dms", Expect::Usually(60, 180));
        let said = heartbeat.due(Instant::now() + SILENCE);
        let text = "task is starting (still, after 50 s; usually 1–3 min)";
        assert_eq!(said, [Event::progress("dms", text)]);
    }
}
