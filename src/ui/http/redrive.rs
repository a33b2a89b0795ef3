//! Redelivers a dead letter, as `outboxctl dlq redrive --id` does.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Site;
use super::problem::Problem;
use crate::repair::dead_letters::{self, Options, Place, Places, Selection};

#[derive(Deserialize)]
struct Wanted {
    key: String,
}

/// Sends the letter with this key; it is removed from the list once all of it was accepted.
pub async fn redrive(State(site): State<Site>, body: Bytes) -> Result<Json<Value>, Problem> {
    site.may_write()?;
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|_| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the body must name a dead letter: {\"key\": …}")
    })?;
    let _alone = site.redrive.lock().await;
    let place = Place::of_pipeline(&site.deployment).await?;
    let selection = Selection { ids: vec![wanted.key], ..Selection::default() };
    let options = Options { selection, ..Options::default() };
    let mut reason = None;
    let on_step = |step: &dead_letters::Step| reason.clone_from(&step.reason);
    let (report, ended) = dead_letters::redrive(&mut Places(vec![place]), &options, &site.cancel, on_step).await;
    ended?;
    if report.selected == 0 {
        return Err(Problem::not_found("the dead letter no longer exists"));
    }
    if report.sent == 0 {
        let reason = reason.unwrap_or_else(|| "it was refused again".into());
        return Err(Problem::new(StatusCode::CONFLICT, reason));
    }
    Ok(Json(json!({ "sent": report.sent })))
}
