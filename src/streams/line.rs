//! An item as one line for people, coloured by hop, key and age; the output removes colours if it is not a terminal.

use std::hash::{DefaultHasher, Hash, Hasher};

use anstyle::{AnsiColor, Style};
use chrono::TimeDelta;

use super::{Body, Content, Item};
use crate::base::report::clean_line;
use crate::pipelines::Hop;

const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();

/// Distinct on dark and on light backgrounds; red is for errors.
const KEYS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::Green,
    AnsiColor::BrightCyan,
    AnsiColor::BrightMagenta,
];

impl Item {
    /// Returns one line: the time, the hop, the time since the commit, and the summary.
    pub fn line(&self) -> String {
        let hop = hop_style(self.hop);
        let text = match self.content {
            Content::Event => key_style(self.event.aggregate_id.as_deref()),
            Content::Undecodable => RED,
            Content::Data | Content::Other => Style::new(),
            Content::Control => DIM,
        };
        let (aged, age) = match self.event.committed_at {
            Some(committed) => age(self.at - committed),
            None => (DIM, String::new()),
        };
        let at = self.at.format("%H:%M:%S%.3f");
        let name = self.hop.name();
        let summary = clean_line(&self.summary);
        let raw = match &self.body {
            Body::Raw { base64, .. } => format!(" base64 {base64}"),
            Body::Record(_) | Body::Text(_) => String::new(),
        };
        format!("{DIM}{at}{DIM:#} {hop}{name:<9}{hop:#} {aged}{age:>8}{aged:#} {text}{summary}{raw}{text:#}")
    }
}

fn hop_style(hop: Hop) -> Style {
    match hop {
        Hop::Bus => AnsiColor::Magenta.on_default().bold(),
        Hop::Log => AnsiColor::Green.on_default().bold(),
        Hop::Processed => AnsiColor::Cyan.on_default().bold(),
        _ => AnsiColor::Blue.on_default().bold(),
    }
}

/// Returns the same colour for the same aggregate.
fn key_style(key: Option<&str>) -> Style {
    let mut hasher = DefaultHasher::new();
    key.unwrap_or_default().hash(&mut hasher);
    KEYS[hasher.finish() as usize % KEYS.len()].on_default()
}

/// Formats the time since the commit. By two clocks: a negative one counts as zero.
fn age(age: TimeDelta) -> (Style, String) {
    let millis = age.num_milliseconds().max(0);
    let style = match millis {
        ..1_000 => AnsiColor::Green.on_default(),
        1_000..10_000 => AnsiColor::Yellow.on_default(),
        _ => RED,
    };
    let text = match millis {
        ..100_000 => format!("+{}.{:03}s", millis / 1_000, millis % 1_000),
        100_000..3_600_000 => format!("+{}m{:02}s", millis / 60_000, millis / 1_000 % 60),
        _ => format!("+{}h{:02}m", millis / 3_600_000, millis / 60_000 % 60),
    };
    (style, text)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::streams::{EventView, Origin};

    #[test]
    fn a_line_has_time_hop_age_and_summary() {
        let at: DateTime<Utc> = "2026-01-31T12:00:00.250Z".parse().expect("a time");
        let item = Item {
            hop: Hop::Bus,
            at,
            content: Content::Event,
            summary: "T car c\u{1b}[2J #1".into(),
            event: EventView { committed_at: Some(at - TimeDelta::milliseconds(1_250)), ..EventView::default() },
            origin: Origin::Bus { bus_event_id: None, message_id: "m".into() },
            body: Body::Record(serde_json::Value::Null.into()),
        };
        let plain = anstream::adapter::strip_str(&item.line()).to_string();
        assert_eq!(plain, "12:00:00.250 bus        +1.250s T car c\u{fffd}[2J #1");
    }

    #[test]
    fn ages_stay_short() {
        let text = |millis| age(TimeDelta::milliseconds(millis)).1;
        assert_eq!(
            [text(-5), text(99_999), text(100_000), text(7_260_000)],
            ["+0.000s", "+99.999s", "+1m40s", "+2h01m"]
        );
    }
}
