//! Records of requests to AWS services and of their responses, which `.ci/wire` compares with AWS's service models.
//!
//! `OUTBOXCTL_API_RECORDS` names the folder; without it, nothing is copied. Requests that end without a response are not
//! recorded.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::access;
use super::emulator::Body;
use super::identify::{Identity, query_action};
use crate::base::error::{Kind, OrFail, Result};
use crate::listener::BoxError;

/// Maximum size in bytes of a body that is recorded: above that of a template in a form. Of a larger body, such as a
/// function's package, the record has only the size.
const BODY_LIMIT: usize = 128 << 10;
/// Number of examples of one shape: the same operation and status, with the same names and values of enums.
const EXAMPLES: u32 = 2;
/// Number of examples of one operation and status.
const EXAMPLES_OF_OPERATION: u32 = 40;
/// Headers that are not recorded.
const SECRET: [&str; 4] = ["authorization", "cookie", "x-amz-security-token", access::KEY_HEADER];

/// Writes records to a file of its own.
pub struct Records {
    file: Mutex<File>,
    /// Number of examples by their hash.
    examples: Mutex<HashMap<u64, u32>>,
}

impl Records {
    /// Creates the file of this process in a folder.
    ///
    /// # Errors
    /// `LocalSetup` if it can't be written.
    pub fn create(folder: &Path) -> Result<Arc<Self>> {
        let path = folder.join(format!("gateway-{}.ndjson", std::process::id()));
        let file = File::options().create(true).append(true).open(&path);
        let file = file.or_fail(Kind::LocalSetup, || format!("{} can't be written", path.display()))?;
        Ok(Arc::new(Self { file: Mutex::new(file), examples: Mutex::default() }))
    }

    /// Begins the record of a request; `None` if it is not for an AWS service.
    pub fn begin(self: &Arc<Self>, head: &Parts) -> Option<Exchange> {
        let identity = Identity::of(head);
        // Without a signature, it is for a deployed API, or refused.
        let is_call = identity.region.is_some() && !access::is_answer(head);
        is_call.then(|| Exchange {
            records: self.clone(),
            method: head.method.to_string(),
            path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            headers: fields(&head.headers),
            is_own: is_own(&head.headers),
            identity,
            body: Copied::default(),
        })
    }

    /// Returns whether a request and its response are among the first examples of their kind.
    fn is_new(&self, exchange: &Exchange, status: u16, bodies: [&Part; 2]) -> bool {
        let operation = exchange.identity.operation.clone().or_else(|| query_action(&bodies[0].bytes));
        // A REST request names its operation by method and path.
        let rest =
            operation.is_none().then(|| (&exchange.method, exchange.path.split('/').take(3).collect::<Vec<_>>()));
        let kind = hash(&(&exchange.identity.service, operation.as_deref(), rest, status));
        let [asked, answered] = bodies.map(|body| String::from_utf8_lossy(&body.bytes));
        let query = exchange.path.split_once('?').map_or("", |(_, query)| query);
        let shape = hash(&(kind, words(query), words(&asked), words(&answered)));
        let mut examples = self.examples.lock();
        let mut below = |key, limit| {
            let count = examples.entry(key).or_insert(0);
            *count += 1;
            *count <= limit
        };
        below(shape, EXAMPLES) && below(kind, EXAMPLES_OF_OPERATION)
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Returns names of members and values like those of enums, in any text protocol: ids, times and numbers vary between
/// calls of one kind.
fn words(text: &str) -> BTreeSet<&str> {
    let separates = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let is_word = |word: &&str| (2..=40).contains(&word.len()) && !word.contains(|c: char| c.is_ascii_digit());
    text.split(separates).filter(is_word).collect()
}

/// Returns whether a request is from outboxctl: its commands name it, and its functions and the services that stand for
/// AWS's have sessions of their roles. A test may make up any other request.
fn is_own(headers: &HeaderMap) -> bool {
    let agent = headers.get("user-agent").and_then(|agent| agent.to_str().ok()).unwrap_or("");
    agent.contains("app/outboxctl") || headers.contains_key("x-amz-security-token")
}

fn fields(headers: &HeaderMap) -> Value {
    let kept = headers.iter().filter(|(name, _)| !SECRET.contains(&name.as_str()));
    kept.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect::<Map<String, Value>>()
        .into()
}

/// A request whose response is awaited.
pub struct Exchange {
    records: Arc<Records>,
    identity: Identity,
    method: String,
    path: String,
    headers: Value,
    is_own: bool,
    body: Copied,
}

impl Exchange {
    /// Copies the body of the response while it is sent, and writes the record afterwards.
    pub fn of_response(self, response: Response<Body>) -> Response<Body> {
        let head = json!({"status": response.status().as_u16(), "headers": fields(response.headers())});
        response.map(|body| Copying::new(body, Some(Copied::default()), Some(Box::new((self, head)))).boxed())
    }

    fn write(&self, mut response: Value, answered: &Part) {
        let asked = self.body.lock();
        // A response that the client did not read whole is not the service's.
        if !answered.is_whole || !self.records.is_new(self, status(&response), [&asked, answered]) {
            return;
        }
        response["body"] = answered.as_value();
        let record = json!({
            "service": self.identity.service, "region": self.identity.region,
            "own": self.is_own,
            "request": {"method": self.method, "path": self.path, "headers": self.headers, "body": asked.as_value()},
            "response": response,
        });
        let mut file = self.records.file.lock();
        if let Err(error) = file.write_all(format!("{record}\n").as_bytes()) {
            tracing::warn!(%error, "a request could not be recorded");
        }
    }
}

fn status(response: &Value) -> u16 {
    response["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0)
}

/// The copied part of a body.
#[derive(Default)]
struct Part {
    /// The first [`BODY_LIMIT`] bytes.
    bytes: Vec<u8>,
    size: usize,
    /// Set once the end has passed.
    is_whole: bool,
}

type Copied = Arc<Mutex<Part>>;

impl Part {
    fn add(&mut self, data: &Bytes) {
        let room = BODY_LIMIT - self.bytes.len();
        self.bytes.extend_from_slice(&data[..room.min(data.len())]);
        self.size += data.len();
    }

    /// Returns `text`, or `base64` for other bytes; only the size if not all of it was copied.
    fn as_value(&self) -> Value {
        if !self.is_whole || self.size > self.bytes.len() {
            return json!({ "size": self.size });
        }
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => json!({ "text": text }),
            Err(_) => json!({"base64": STANDARD.encode(&self.bytes)}),
        }
    }
}

/// A body that is passed on unchanged, and copied if its request is recorded.
pub struct Copying<B> {
    body: B,
    copied: Option<Copied>,
    /// The record to write once the body has passed, with the head of the response.
    record: Option<Box<(Exchange, Value)>>,
}

impl<B: hyper::body::Body> Copying<B> {
    /// Copies the body of a request while it is read.
    pub fn request(body: B, exchange: Option<&Exchange>) -> Self {
        Self::new(body, exchange.map(|exchange| exchange.body.clone()), None)
    }

    fn new(body: B, copied: Option<Copied>, record: Option<Box<(Exchange, Value)>>) -> Self {
        let copying = Self { body, copied, record };
        copying.note(None, false);
        copying
    }

    /// Copies data, and notes whether the body has ended: not every reader asks for more after the last data.
    fn note(&self, data: Option<&Bytes>, ended: bool) {
        let Some(copied) = &self.copied else { return };
        let mut part = copied.lock();
        if let Some(data) = data {
            part.add(data);
        }
        part.is_whole |= ended || self.body.is_end_stream();
    }
}

impl<B> hyper::body::Body for Copying<B>
where
    B: hyper::body::Body<Data = Bytes, Error = BoxError> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref);
        self.note(data, frame.is_none());
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Copying<B> {
    fn drop(&mut self) {
        if let (Some(record), Some(copied)) = (self.record.take(), &self.copied) {
            let (exchange, head) = *record;
            exchange.write(head, &copied.lock());
        }
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
