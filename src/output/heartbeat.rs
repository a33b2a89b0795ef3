//! Writes a line at least once a minute for each step in progress, so that CI systems do not take silence for a hang.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use super::tree::Tree;
use super::{Event, Expect};

/// Silence after which a step in progress is mentioned again; CI systems' shortest limits are minutes.
const SILENCE: Duration = Duration::from_secs(50);
const LOOK: Duration = Duration::from_secs(5);

/// The steps in progress.
#[derive(Default)]
pub struct Heartbeat(Mutex<Tree>);

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

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.0.lock()
    }

    /// Returns whether the event only repeats the last report of its step.
    pub fn is_repeated(&self, event: &Event) -> bool {
        self.tree().is_repeated(event)
    }

    /// Records an event.
    pub fn observe(&self, event: &Event) {
        self.tree().observe(event, Instant::now());
    }

    /// Records the expected duration of a step in progress.
    pub fn expect(&self, scope: &str, expect: Expect) {
        self.tree().expect(scope, expect, Instant::now());
    }

    /// Returns a line for each step that was silent for too long.
    fn due(&self, now: Instant) -> Vec<Event> {
        self.tree().silent(now, SILENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_without_news_is_repeated() {
        let heartbeat = Heartbeat::default();
        let event = |message: &str| Event::progress("verify", message);
        heartbeat.observe(&Event::started("verify", "writing"));
        assert!(!heartbeat.is_repeated(&event("written 2")));
        heartbeat.observe(&event("written 2"));
        assert!(heartbeat.is_repeated(&event("written 2")));
        assert!(!heartbeat.is_repeated(&event("written 3")));
        assert!(!heartbeat.is_repeated(&Event::started("verify", "written 2")));
    }

    #[test]
    fn only_silent_steps_are_mentioned_and_only_once() {
        let heartbeat = Heartbeat::default();
        heartbeat.observe(&Event::started("network", "creating"));
        heartbeat.observe(&Event::started("bus", "creating"));
        heartbeat.observe(&Event::Waiting { scope: "dms".into(), on: vec!["network".into()] });
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
