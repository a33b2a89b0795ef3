//! Signature Version 4: verifies that a request was signed with this stack's key.
//!
//! Sources: IAM user guide, "Create a signed AWS API request"; S3 API reference, "Authenticating Requests: Using Query
//! Parameters". The hash of a body that the client announces (`x-amz-content-sha256`, as S3's clients do) is used as
//! announced, so that large objects can be streamed.

use aws_lc_rs::{digest, hmac};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use http::request::Parts;
use http::{HeaderMap, header};

use super::encoding::{encode, fields, normalized};
use crate::aws::AccessKey;
use crate::listener;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// "The signature's timestamp must be within 15 minutes of the request" (S3 and IAM).
const TOLERANCE: TimeDelta = TimeDelta::minutes(15);
/// Maximum validity of a presigned URL: seven days.
const MAX_EXPIRY: i64 = 7 * 86_400;

/// Reason why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not signed.
    Unsigned,
    /// Signed in an unsupported way.
    Malformed,
    /// Signed with another key.
    OtherKey,
    /// Signed with another secret, or changed since.
    Mismatch,
    /// Too old, or not yet valid.
    Expired,
    /// Signed with expired temporary credentials.
    SessionExpired,
}

/// The signature of a request, as the request states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    key_id: String,
    /// `date/region/service/aws4_request`.
    scope: String,
    region: String,
    service: String,
    headers: String,
    signature: String,
    time: String,
    /// Validity of a presigned URL in seconds.
    expires: Option<i64>,
    /// The client's hash of the body; absent if it has to be computed.
    payload: Option<String>,
    /// Session token of temporary credentials.
    session_token: Option<String>,
}

impl Signed {
    /// Reads the signature of a request; `None` for an unsigned one.
    ///
    /// # Errors
    /// `Malformed` for a signature that can't be read.
    pub fn of(head: &Parts) -> Result<Option<Self>, Refusal> {
        Self::read(&head.headers, head.uri.query().unwrap_or(""))
    }

    /// Reads the signature from headers and an encoded query.
    ///
    /// # Errors
    /// As [`Signed::of`].
    pub fn read(headers: &HeaderMap, query: &str) -> Result<Option<Self>, Refusal> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let query = || fields(query);
        match text(header::AUTHORIZATION.as_str()) {
            Some(value) if value.starts_with("AWS") => {
                return Self::in_header(value, headers).map(Some).ok_or(Refusal::Malformed);
            }
            _ => {}
        }
        let presigned = query().any(|(name, _)| {
            let name = name.to_ascii_lowercase();
            name.starts_with("x-amz-sig") || name.starts_with("x-amz-cred") || name == "awsaccesskeyid"
        });
        if presigned { Self::in_query(query()).map(Some).ok_or(Refusal::Malformed) } else { Ok(None) }
    }

    fn in_header(value: &str, headers: &HeaderMap) -> Option<Self> {
        let fields = value.strip_prefix(ALGORITHM)?;
        let field =
            |name: &str| fields.split([',', ' ']).find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        let text = |name: &str| headers.get(name)?.to_str().ok();
        Self::new(
            field("Credential")?,
            field("SignedHeaders")?,
            field("Signature")?,
            text("x-amz-date")?,
            None,
            text("x-amz-content-sha256").map(str::to_owned),
            text("x-amz-security-token").map(str::to_owned),
        )
    }

    fn in_query(fields: impl Iterator<Item = (String, String)>) -> Option<Self> {
        let mut found = std::collections::HashMap::new();
        for (name, value) in fields {
            // With two of them, the valid one is unknown.
            if found.insert(name, value).is_some() {
                return None;
            }
        }
        let field = |name: &str| found.get(name).map(String::as_str);
        if field("X-Amz-Algorithm")? != ALGORITHM {
            return None;
        }
        let expires = field("X-Amz-Expires")?.parse().ok().filter(|seconds| (1..=MAX_EXPIRY).contains(seconds))?;
        let mut signed = Self::new(
            field("X-Amz-Credential")?,
            field("X-Amz-SignedHeaders")?,
            field("X-Amz-Signature")?,
            field("X-Amz-Date")?,
            Some(expires),
            field("X-Amz-Content-Sha256").map(str::to_owned),
            field("X-Amz-Security-Token").map(str::to_owned),
        )?;
        if signed.service == "s3" {
            signed.payload.get_or_insert_with(|| "UNSIGNED-PAYLOAD".into());
        }
        Some(signed)
    }

    fn new(
        credential: &str,
        headers: &str,
        signature: &str,
        time: &str,
        expires: Option<i64>,
        payload: Option<String>,
        session_token: Option<String>,
    ) -> Option<Self> {
        let (key_id, scope) = credential.split_once('/')?;
        let parts: Vec<&str> = scope.split('/').collect();
        let [date, region, service, "aws4_request"] = parts[..] else { return None };
        // The host must be signed, or the request could be sent elsewhere.
        let complete = time.starts_with(date) && headers.split(';').any(|name| name == "host");
        complete.then(|| Self {
            key_id: key_id.to_owned(),
            scope: scope.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            headers: headers.to_owned(),
            signature: signature.to_owned(),
            time: time.to_owned(),
            expires,
            payload,
            session_token,
        })
    }

    /// Returns whether the request claims to be signed with this key.
    pub fn names(&self, key: &AccessKey) -> bool {
        listener::same(&self.key_id, &key.id)
    }

    /// Returns whether the key is one of temporary credentials, whose ids begin with `ASIA` (IAM user guide, "IAM
    /// identifiers").
    pub fn has_session(&self) -> bool {
        self.key_id.starts_with("ASIA")
    }

    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Returns the session token; "" without one.
    pub fn session_token(&self) -> &str {
        self.session_token.as_deref().unwrap_or("")
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns whether the body has to be read before the signature can be verified.
    pub fn needs_body(&self) -> bool {
        self.payload.is_none()
    }

    /// Checks key, time and signature. `body` matters only if [`Signed::needs_body`] returns true.
    ///
    /// # Errors
    /// The reason why the request is refused.
    pub fn verify(&self, head: &Parts, body: &[u8], key: &AccessKey, now: DateTime<Utc>) -> Result<(), Refusal> {
        if !self.names(key) {
            return Err(Refusal::OtherKey);
        }
        let signed_at = NaiveDateTime::parse_from_str(&self.time, "%Y%m%dT%H%M%SZ").map_err(|_| Refusal::Malformed)?;
        let signed_at = signed_at.and_utc();
        let until = signed_at + self.expires.map_or(TOLERANCE, TimeDelta::seconds);
        if now > until || signed_at > now + TOLERANCE {
            return Err(Refusal::Expired);
        }
        let request = self.canonical(head, body).ok_or(Refusal::Malformed)?;
        let text = format!("{ALGORITHM}\n{}\n{}\n{}", self.time, self.scope, sha256(request.as_bytes()));
        if listener::same(&hex(self.signing_key(&key.secret).sign(&text).as_ref()), &self.signature) {
            Ok(())
        } else {
            Err(Refusal::Mismatch)
        }
    }

    /// Returns the canonical request; `None` if a signed header is missing.
    fn canonical(&self, head: &Parts, body: &[u8]) -> Option<String> {
        let s3 = self.service.starts_with("s3");
        let path = if s3 { head.uri.path().to_owned() } else { encode(&normalized(head.uri.path()), true) };
        let mut query: Vec<(String, String)> = fields(head.uri.query().unwrap_or(""))
            .filter(|(name, _)| name != "X-Amz-Signature")
            .map(|(name, value)| (encode(&name, false), encode(&value, false)))
            .collect();
        query.sort();
        let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = String::new();
        for name in self.headers.split(';') {
            let values: Option<Vec<String>> = head
                .headers
                .get_all(name)
                .iter()
                .map(|value| Some(value.to_str().ok()?.split_whitespace().collect::<Vec<_>>().join(" ")))
                .collect();
            let values = values.filter(|values| !values.is_empty())?;
            headers += &format!("{name}:{}\n", values.join(","));
        }
        let payload = self.payload.clone().unwrap_or_else(|| sha256(body));
        Some([head.method.as_str(), &path, &query.join("&"), &headers, &self.headers, &payload].join("\n"))
    }

    fn signing_key(&self, secret: &str) -> SigningKey {
        let first = SigningKey(hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes()));
        self.scope
            .split('/')
            .fold(first, |key, part| SigningKey(hmac::Key::new(hmac::HMAC_SHA256, key.sign(part).as_ref())))
    }
}

struct SigningKey(hmac::Key);

impl SigningKey {
    fn sign(&self, text: &str) -> hmac::Tag {
        hmac::sign(&self.0, text.as_bytes())
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
