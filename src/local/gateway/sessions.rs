//! Temporary credentials. The emulator's STS issues them, but verifies no signature before our services have seen a
//! request. So signatures are verified here, with the secret that the emulator has for a session.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::Utc;
use http::request::Parts;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;

use super::signature::{Refusal, Signed};
use super::{ApiRequest, Emulator, Gateway};
use crate::aws::AccessKey;
use crate::base::error::Error;

/// Time for which a valid session counts as valid.
const CACHE_TIME: Duration = Duration::from_secs(60);
/// Maximum number of cached sessions.
const MAX_CACHED: usize = 1_000;

/// Sessions that were valid, by access key and token.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<(String, String), (AccessKey, Instant)>>);

/// Reason why a session's key was not found.
pub enum Failed {
    Refused(Refusal),
    /// The emulator did not answer.
    Unknown(Error),
}

/// An action on a resource.
#[derive(Debug, Clone, Copy)]
pub struct Right<'a> {
    /// Like "rds-db:connect".
    pub action: &'a str,
    pub resource: &'a str,
    pub region: &'a str,
}

/// Response of the launcher.
#[derive(Deserialize)]
struct Answer {
    /// AWS's error code if the session is not valid.
    error: Option<String>,
    #[serde(default)]
    secret: String,
    /// Secret key of the session.
    #[serde(default)]
    arn: String,
    /// Expiry, in seconds since 1970.
    expires: Option<f64>,
    /// Set if the role's policies allow the action in question.
    #[serde(default)]
    allowed: bool,
}

impl Sessions {
    /// Returns the key that a session's request must be signed with.
    pub async fn key(&self, emulator: &Emulator, signed: &Signed) -> Result<AccessKey, Failed> {
        let name = (signed.key_id().to_owned(), signed.session_token().to_owned());
        let known = || self.0.lock();
        if let Some((key, until)) = known().get(&name)
            && *until > Instant::now()
        {
            return Ok(key.clone());
        }
        let answer = ask(emulator, signed, None).await?;
        let key = AccessKey::new(signed.key_id(), answer.secret);
        let left = answer.expires.map_or(CACHE_TIME, |at| seconds_until(at).min(CACHE_TIME));
        let mut known = known();
        if known.len() >= MAX_CACHED {
            known.clear();
        }
        known.insert(name, (key.clone(), Instant::now() + left));
        Ok(key)
    }
}

impl Gateway {
    /// Checks the presigned URL of a service that is not called itself: its signature, with the stack's key or a
    /// session, and that the session's role allows the action. The stack's key may do everything.
    ///
    /// # Errors
    /// The reason, for a log.
    pub async fn check_presigned(&self, head: &Parts, right: Right<'_>) -> Result<(), String> {
        let signed = Signed::of(head).ok().flatten().ok_or("it has no valid signature")?;
        let (service, _) = right.action.split_once(':').unwrap_or_default();
        if signed.service() != service || signed.region() != right.region {
            return Err(format!("it is signed for {} in {}", signed.service(), signed.region()));
        }
        let mut denied = None;
        let key = if signed.has_session() {
            let answer = ask(&self.emulator, &signed, Some(right)).await.map_err(|failed| failed.to_string())?;
            if !answer.allowed {
                denied = Some(refusal(&answer.arn, right));
            }
            AccessKey::new(signed.key_id(), answer.secret)
        } else {
            self.parts.key.clone()
        };
        signed.verify(head, &[], &key, Utc::now()).map_err(|refusal| Failed::Refused(refusal).to_string())?;
        denied.map_or(Ok(()), Err)
    }

    /// Returns AWS's message if the role of a request's session does not allow an action; `None` if it does, and for
    /// the stack's key. The signature has been verified.
    pub async fn denied(&self, request: &ApiRequest, right: Right<'_>) -> Option<String> {
        let signed = Signed::read(&request.headers, &request.query).ok().flatten().filter(Signed::has_session)?;
        match ask(&self.emulator, &signed, Some(right)).await {
            Ok(answer) if answer.allowed => None,
            Ok(answer) => Some(refusal(&answer.arn, right)),
            Err(failed) => Some(failed.to_string()),
        }
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(Refusal::Expired | Refusal::SessionExpired) => f.write_str("it has expired"),
            Self::Refused(Refusal::OtherKey) => f.write_str("its access key or session token is not valid"),
            Self::Refused(_) => f.write_str("its signature does not match"),
            Self::Unknown(error) => error.fmt(f),
        }
    }
}

fn refusal(arn: &str, right: Right<'_>) -> String {
    let Right { action, resource, .. } = right;
    format!(
        "User: {arn} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows \
         the {action} action"
    )
}

fn seconds_until(time: f64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
    let now = Utc::now().timestamp_millis() as f64 / 1000.0;
    Duration::try_from_secs_f64(time - now).unwrap_or_default()
}

async fn ask(emulator: &Emulator, signed: &Signed, right: Option<Right<'_>>) -> Result<Answer, Failed> {
    let mut question = json!({"access_key_id": signed.key_id(), "session_token": signed.session_token()});
    if let Some(Right { action, resource, region }) = right {
        question["right"] = json!({"action": action, "resource": resource, "region": region});
    }
    let answer: Answer = emulator.ask("/_outboxctl/session", &question).await.map_err(Failed::Unknown)?;
    match answer.error.as_deref() {
        None => Ok(answer),
        Some("ExpiredTokenException") => Err(Failed::Refused(Refusal::SessionExpired)),
        Some(_) => Err(Failed::Refused(Refusal::OtherKey)),
    }
}
