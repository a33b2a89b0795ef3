//! Bringing events to the function behind a rule, as the bus would: one an invocation, and its answer is waited for.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use super::Parcel;
use super::courier::call;
use crate::aws::Clients;
use crate::error::{Error, Result};
use crate::outbox::Fate;

/// Lanes under way at the same time.
const CONCURRENCY: usize = 8;

/// A lane ends with its first event that was not brought; one that the function refuses holds up no other.
pub(super) async fn bring(clients: &Clients, name: &str, parcels: &[&Parcel]) -> Result<Vec<Fate>> {
    let mut lanes: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, parcel) in parcels.iter().enumerate() {
        lanes.entry(&parcel.lane).or_default().push(at);
    }
    let brought = stream::iter(lanes.into_values()).map(|lane| bring_lane(clients, name, parcels, lane));
    let brought: Vec<Vec<(usize, Fate)>> = brought.buffer_unordered(CONCURRENCY).try_collect().await?;
    let held =
        || Fate::Unfinished { code: "Held".into(), message: "an earlier event of its aggregate was not taken".into() };
    let mut fates: Vec<Fate> = parcels.iter().map(|_| held()).collect();
    brought.into_iter().flatten().for_each(|(at, fate)| fates[at] = fate);
    Ok(fates)
}

async fn bring_lane(
    clients: &Clients,
    name: &str,
    parcels: &[&Parcel],
    lane: Vec<usize>,
) -> Result<Vec<(usize, Fate)>> {
    let mut fates = Vec::with_capacity(lane.len());
    for at in lane {
        let event = parcels[at].piece.as_record().unwrap_or_default();
        let fate = match call(clients, name, event).await {
            Ok(answer) if answer.function_error().is_none() => Fate::Accepted,
            Ok(answer) => refused(answer.payload().map(|blob| blob.as_ref()).unwrap_or_default()),
            // What was brought before counts; this one and the rest of the lane come again.
            Err(error) if super::is_passing(&error) => {
                fates.push((at, unfinished(&error)));
                return Ok(fates);
            }
            Err(error) => return Err(error),
        };
        fates.push((at, fate));
    }
    Ok(fates)
}

fn unfinished(error: &Error) -> Fate {
    Fate::Unfinished { code: error.kind().name().into(), message: error.message().into() }
}

/// In the words of the function's own error.
fn refused(payload: &[u8]) -> Fate {
    let answer: Value = serde_json::from_slice(payload).unwrap_or_default();
    let word = |name: &str| answer[name].as_str().map(str::to_owned);
    let message = word("errorMessage").unwrap_or_else(|| String::from_utf8_lossy(payload).chars().take(300).collect());
    Fate::Refused { code: word("errorType").unwrap_or_else(|| "FunctionError".into()), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_function_said() {
        let told = |payload: &str| match refused(payload.as_bytes()) {
            Fate::Refused { code, message } => format!("{code}: {message}"),
            other => format!("{other:?}"),
        };
        assert_eq!(told(r#"{"errorType":"Aws","errorMessage":"no table"}"#), "Aws: no table");
        assert_eq!(told("out of memory"), "FunctionError: out of memory");
    }
}
