//! `outboxctl dlq show`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

use super::{places, warn_unlisted};
use crate::base::error::Result;
use crate::commands::Context;
use crate::commands::reach::DatabaseArgs;
use crate::output::{Outcome, Table, utc};
use crate::repair::dead_letters::{DeadLetter, Opened};

/// Show one dead letter with its full payload and the reason
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id from `dlq list`, event id (or its first 8 or more characters), or key
    id: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    letter: DeadLetter,
    /// All stored fields.
    document: Value,
    /// The records: as JSON, as text, or as base64.
    payloads: Vec<Value>,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let _wait = ctx.console.wait("dlq", "reading the dead letter");
        let mut places = places(ctx, &self.database, None).await?;
        let found = places.find(&self.id).await;
        warn_unlisted(ctx, &places);
        let Opened { letter, records, document } = found?;
        let payloads: Vec<Value> = records.iter().map(|record| readable(&record.data)).collect();
        let mut table = Table::new(["", &letter.id]);
        let event = &letter.event;
        let dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
        table.row(["failed at", &utc(letter.at)]);
        table.row(["place", letter.place]);
        table.row(["by", &letter.part]);
        table.row(["cause", &letter.cause]);
        table.row(["reason", &letter.reason]);
        table.row(["tries", &letter.attempts.to_string()]);
        table.row(["aggregate", &event.aggregate()]);
        table.row(["event", &format!("{} {}", dash(&event.event_type), dash(&event.event_id))]);
        table.row(["sequence", &event.sequence.map_or_else(|| "-".into(), |sequence| sequence.to_string())]);
        table.row(["kept as", &letter.key]);
        let text: Vec<String> =
            payloads.iter().map(|payload| serde_json::to_string_pretty(payload).unwrap_or_default()).collect();
        Ok(Outcome::data(Shown { letter, document, payloads }).table(table).text(text.join("\n")))
    }
}

fn readable(bytes: &[u8]) -> Value {
    match (serde_json::from_slice::<Value>(bytes), std::str::from_utf8(bytes)) {
        (Ok(json), _) => json!({ "json": json }),
        (Err(_), Ok(text)) => json!({ "text": text }),
        (Err(_), Err(_)) => json!({ "base64": STANDARD.encode(bytes) }),
    }
}
