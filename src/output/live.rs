//! The live view: a tree of steps in progress at the bottom of the terminal, and lines of ended steps above it.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use console::measure_text_width;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use parking_lot::Mutex;

use super::render::{Renderer, line_of};
use super::tree::Tree;
use super::{Event, Expect, stream, terminal};
use crate::base::report::clock;

/// Time between two frames.
const FRAME: Duration = Duration::from_millis(120);
/// Wider lines are hard to follow.
const WIDEST: usize = 120;
/// Shorter steps are shown without a duration.
const MIN_DURATION: Duration = Duration::from_secs(2);

pub struct Live {
    screen: MultiProgress,
    view: Arc<Mutex<View>>,
}

/// The drawn view, as one bar of several lines.
struct View {
    tree: Tree,
    bar: Option<ProgressBar>,
    screen: MultiProgress,
    frame: usize,
    ticking: bool,
    /// A question is on the screen.
    held: bool,
    /// Colors are allowed: indicatif itself does not check NO_COLOR and similar variables.
    styled: bool,
}

impl Default for Live {
    fn default() -> Self {
        let screen = MultiProgress::new();
        let view = View {
            tree: Tree::default(),
            bar: None,
            screen: screen.clone(),
            frame: 0,
            ticking: false,
            held: false,
            styled: terminal::styles_stderr(),
        };
        Self { screen, view: Arc::new(Mutex::new(view)) }
    }
}

impl View {
    fn draw(&mut self) {
        let (height, width) = terminal::stderr_size();
        // The last line and the last column stay free: some terminals wrap there.
        let (height, width) = (height.saturating_sub(1), width.saturating_sub(1).min(WIDEST));
        let lines = self.tree.draw(Instant::now(), self.frame, width, height);
        if lines.is_empty() || self.held {
            if let Some(bar) = self.bar.take() {
                bar.finish_and_clear();
                self.screen.remove(&bar);
            }
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = self.screen.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            bar
        });
        let drawn = lines.join("\n");
        bar.set_message(if self.styled { drawn } else { anstream::adapter::strip_str(&drawn).to_string() });
        bar.tick();
    }
}

impl Live {
    fn lock(&self) -> parking_lot::MutexGuard<'_, View> {
        self.view.lock()
    }

    /// Starts the thread that draws the frames; it ends with the last user of the view, or with the process.
    fn tick(&self, view: &mut View) {
        if std::mem::replace(&mut view.ticking, true) {
            return;
        }
        let view: Weak<Mutex<View>> = Arc::downgrade(&self.view);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(FRAME);
                let Some(view) = view.upgrade() else { return };
                let mut view = view.lock();
                view.frame += 1;
                view.draw();
            }
        });
    }
}

impl Renderer for Live {
    fn event(&self, event: &Event) {
        let mut view = self.lock();
        let took = view.tree.observe(event, Instant::now());
        let line = match event {
            Event::Finished { .. }
            | Event::Failed { .. }
            | Event::Note { .. }
            | Event::Resource { reason: Some(_), .. } => {
                let took = took.filter(|took| *took >= MIN_DURATION);
                Some(timed(line_of(event), took, terminal::stderr_size().1))
            }
            Event::Started { .. } | Event::Progress { .. } | Event::Waiting { .. } | Event::Resource { .. } => {
                self.tick(&mut view);
                None
            }
        };
        view.draw();
        drop(view);
        if let Some(line) = line {
            self.screen.suspend(|| stream::message(&line));
        }
    }

    fn is_live(&self) -> bool {
        true
    }

    fn expect(&self, scope: &str, expect: Expect) {
        self.lock().tree.expect(scope, expect, Instant::now());
    }

    fn wait(&self, scope: &str, message: &str) {
        let mut view = self.lock();
        view.tree.wait(scope, message, Instant::now());
        self.tick(&mut view);
    }

    fn waited(&self, scope: &str) {
        let mut view = self.lock();
        view.tree.observe(&Event::finished(scope, "", false), Instant::now());
        view.draw();
    }

    fn suspend(&self, lines: &[String]) -> bool {
        self.screen.suspend(|| lines.iter().all(|line| stream::data(line)))
    }

    fn hold(&self, held: bool) {
        let mut view = self.lock();
        view.held = held;
        view.draw();
    }

    fn clear(&self) {
        let mut view = self.lock();
        view.tree.clear();
        view.draw();
        // Failures to clear the screen are ignored.
        let _ = self.screen.clear();
    }
}

/// Returns the line with its duration, if that fits.
fn timed(line: String, took: Option<Duration>, width: usize) -> String {
    let Some(took) = took else { return line };
    let took = format!(" ({})", clock(took.as_secs()));
    if measure_text_width(&line) + took.len() < width { line + &took } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_never_breaks_a_line() {
        let line = |width| timed("\u{1b}[32m✓\u{1b}[0m verified".to_owned(), Some(Duration::from_secs(62)), width);
        assert_eq!(line(18), "\u{1b}[32m✓\u{1b}[0m verified (1:02)");
        assert_eq!(line(17), "\u{1b}[32m✓\u{1b}[0m verified");
    }
}
