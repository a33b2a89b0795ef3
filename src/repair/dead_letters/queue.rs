//! Dead letters in a failure queue of SQS. Messages can only be read by receiving them, which hides them from other
//! receivers for [`HELD`] or until they are released. So a list releases all messages at once, and a redrive holds only
//! those that it sends, as long as it lives; after a kill they become visible again by themselves.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message as Received, MessageSystemAttributeName, QueueAttributeName,
};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt};
use parking_lot::Mutex;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::letter::{DeadLetter, Opened};
use super::message::{self, Message};
use super::spool::{Span, Spool};
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result, sdk_code};

/// Visibility timeout of a received message; it is extended while the process works on it.
pub const HELD: Duration = Duration::from_secs(30);
/// Maximum messages read at once. "There is a limit of approximately 120,000 in flight messages" of a standard queue, and
/// long polling returns nothing beyond it, without an error (SQS developer guide, "Standard queue message quotas").
const MOST: usize = 100_000;
/// Maximum concurrent requests.
const CONCURRENCY: usize = 16;
/// Messages per request.
const BATCH: usize = 10;

/// Receipt handles of held messages, by key.
type Handles = Arc<Mutex<HashMap<String, String>>>;

/// A queue, and the messages received from it.
pub struct Queue {
    clients: Clients,
    place: &'static str,
    url: String,
    spool: Spool,
    known: HashMap<String, Span>,
    held: Handles,
    /// Messages that other processes had received at the beginning.
    pub elsewhere: u64,
    /// Approximate number of messages that were not read, because only `most` can be held at once; at least 1 if there
    /// are any.
    pub unread: u64,
    /// Maximum messages held at once.
    most: usize,
    renewal: Option<DropGuard>,
}

impl Queue {
    /// # Errors
    /// `Io` if a temporary file can't be created.
    pub fn new(clients: &Clients, place: &'static str, url: &str) -> Result<Self> {
        let (clients, url, held) = (clients.clone(), url.to_owned(), Handles::default());
        let (spool, known) = (Spool::new()?, HashMap::new());
        Ok(Self { clients, place, url, spool, known, held, elsewhere: 0, unread: 0, most: MOST, renewal: None })
    }

    /// Returns the queue's name.
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or(&self.url)
    }

    /// Returns the letters, all of them unless [`Self::unread`] counts more; the messages can be received again at once.
    pub async fn list(&mut self) -> Result<Vec<DeadLetter>> {
        self.hold_on();
        let letters = self.gather().await;
        self.release(|_| true).await;
        self.renewal = None;
        letters
    }

    /// Returns the `wanted` letters, held until they are deleted or released.
    pub async fn hold(&mut self, wanted: impl Fn(&DeadLetter) -> bool) -> Result<Vec<DeadLetter>> {
        self.hold_on();
        let mut letters = match self.gather().await {
            Ok(letters) => letters,
            Err(error) => {
                self.release(|_| true).await;
                return Err(error);
            }
        };
        letters.retain(wanted);
        let kept: HashSet<&str> = letters.iter().map(|letter| letter.key.as_str()).collect();
        self.release(|key| !kept.contains(key)).await;
        Ok(letters)
    }

    /// Reads a listed or held letter with its payload.
    pub fn open(&mut self, letter: &DeadLetter) -> Result<Opened> {
        let span = self.known.get(&letter.key).copied();
        let span = span.ok_or_else(|| Error::new(Kind::Unexpected, format!("{} was not received", letter.key)))?;
        let message: Message = serde_json::from_slice(&self.spool.read(span)?)
            .map_err(|error| Error::new(Kind::Unexpected, "a temporary file changed").with_source(error))?;
        Ok(message::read(self.place, &letter.key, &message))
    }

    /// Deletes a held letter from the queue.
    pub async fn delete(&mut self, letter: &DeadLetter) -> Result<()> {
        let handle = self.held.lock().remove(&letter.key);
        let Some(handle) = handle else { return Ok(()) };
        let deleted = self.clients.sqs().delete_message().queue_url(&self.url).receipt_handle(handle).send().await;
        match deleted {
            // The first attempt of this request took effect, or another process has the message: then it becomes
            // visible again.
            Err(error) if sdk_code(&error) == "ReceiptHandleIsInvalid" => Ok(()),
            deleted => deleted.map(drop).aws(format!("delete {}", letter.key)),
        }
    }

    /// Releases the held messages selected by `which`. If a request fails, they become visible by themselves.
    pub async fn release(&mut self, which: impl Fn(&str) -> bool) {
        let mut handles = Vec::new();
        self.held.lock().retain(|key, handle| {
            let goes = which(key);
            if goes {
                handles.push(std::mem::take(handle));
            }
            !goes
        });
        change_visibility(&self.clients, &self.url, &handles, Duration::ZERO).await;
    }

    /// Returns the approximate number of messages in the queue, including those in flight.
    pub async fn count(clients: &Clients, url: &str) -> Result<u64> {
        let [waiting, held] = counts(clients, url).await?;
        Ok(waiting + held)
    }

    async fn gather(&mut self) -> Result<Vec<DeadLetter>> {
        self.elsewhere = counts(&self.clients, &self.url).await?[1];
        self.unread = 0;
        let (mut letters, mut receivers) = (Vec::new(), 1);
        loop {
            let received = try_join_all((0..receivers).map(|_| receive(&self.clients, &self.url))).await?;
            let (mut came, mut fresh) = (0, 0);
            for message in received.into_iter().flatten() {
                came += 1;
                if let Some(letter) = self.keep(message)? {
                    fresh += 1;
                    letters.push(letter);
                }
            }
            // An empty long poll has queried every server of the queue.
            if fresh == 0 {
                return Ok(letters);
            }
            if letters.len() >= self.most {
                self.unread = self.beyond().await?;
                return Ok(letters);
            }
            receivers = if came < BATCH { 1 } else { CONCURRENCY };
        }
    }

    /// Returns the approximate number of messages that are visible; 0 only if a long poll finds none.
    async fn beyond(&self) -> Result<u64> {
        let further = receive(&self.clients, &self.url).await?;
        if further.is_empty() {
            return Ok(0);
        }
        let handles: Vec<String> = further.into_iter().filter_map(|message| message.receipt_handle).collect();
        let [waiting, _] = counts(&self.clients, &self.url).await?;
        change_visibility(&self.clients, &self.url, &handles, Duration::ZERO).await;
        Ok(waiting + handles.len() as u64)
    }

    /// Stores a message; returns `None` for a duplicate, whose newer handle replaces the old one.
    fn keep(&mut self, received: Received) -> Result<Option<DeadLetter>> {
        let key = format!("{}/{}", self.name(), received.message_id().unwrap_or_default());
        let handle = received.receipt_handle().unwrap_or_default().to_owned();
        let held = self.held.lock().insert(key.clone(), handle);
        if held.is_some() {
            return Ok(None);
        }
        let message = message(received);
        let letter = message::read(self.place, &key, &message).letter;
        let text = serde_json::to_vec(&message)
            .map_err(|error| Error::new(Kind::Unexpected, "a message has no JSON form").with_source(error))?;
        self.known.insert(key, self.spool.write(&text)?);
        Ok(Some(letter))
    }

    /// Extends the visibility timeout of received messages from now on, while this lives.
    fn hold_on(&mut self) {
        let (clients, url, held) = (self.clients.clone(), self.url.clone(), self.held.clone());
        let stop = CancellationToken::new();
        self.renewal = Some(stop.clone().drop_guard());
        tokio::spawn(async move {
            while stop.run_until_cancelled(tokio::time::sleep(HELD / 3)).await.is_some() {
                let handles: Vec<String> = held.lock().values().cloned().collect();
                change_visibility(&clients, &url, &handles, HELD).await;
            }
        });
    }
}

/// Waits up to a second: only long polling queries every server of the queue.
async fn receive(clients: &Clients, url: &str) -> Result<Vec<Received>> {
    let answer = clients
        .sqs()
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(BATCH as i32)
        .wait_time_seconds(1)
        .visibility_timeout(HELD.as_secs() as i32)
        .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
        .message_attribute_names("All")
        .send()
        .await;
    Ok(answer.aws(format!("receive from {url}"))?.messages.unwrap_or_default())
}

fn message(received: Received) -> Message {
    let sent = received.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let sent_at = sent.and_then(|millis| DateTime::from_timestamp_millis(millis.parse().ok()?));
    let attributes = received.message_attributes.unwrap_or_default().into_iter();
    Message {
        attributes: attributes.filter_map(|(name, value)| Some((name, value.string_value?))).collect(),
        body: received.body.unwrap_or_default(),
        sent_at: sent_at.unwrap_or_else(Utc::now),
    }
}

/// Failures are ignored: the messages become visible when their timeout ends.
async fn change_visibility(clients: &Clients, url: &str, handles: &[String], time: Duration) {
    let change = |handles: &[String]| {
        let entry = |(at, handle): (usize, &String)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(at.to_string()).receipt_handle(handle);
            entry.visibility_timeout(time.as_secs() as i32).build().ok()
        };
        let entries = handles.iter().enumerate().filter_map(entry).collect();
        let request = clients.sqs().change_message_visibility_batch().queue_url(url).set_entries(Some(entries));
        async move {
            if let Err(error) = request.send().await {
                tracing::debug!(code = sdk_code(&error), "changing how long messages are held");
            }
        }
    };
    stream::iter(handles.chunks(BATCH).map(change)).buffer_unordered(CONCURRENCY).collect::<Vec<()>>().await;
}

/// Returns the numbers of visible messages and of messages in flight.
async fn counts(clients: &Clients, url: &str) -> Result<[u64; 2]> {
    let names =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let answer = clients.sqs().get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec())).send();
    let answer = answer.await.aws(format!("read attributes of {url}"))?;
    let of = |name: &QueueAttributeName| answer.attributes().and_then(|all| all.get(name)?.parse().ok());
    Ok(names.map(|name| of(&name).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::body::Bytes;
    use axum::extract::State;
    use axum::http::HeaderMap;
    use axum::{Json, Router};
    use outboxctl_test_support::serve::Endpoint;
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::{AccessKey, LocalEndpoint};

    /// Messages by receipt handle; whether each is in flight.
    type Messages = Arc<Mutex<BTreeMap<String, bool>>>;

    /// Answers as SQS in its JSON protocol.
    async fn answer(State(messages): State<Messages>, headers: HeaderMap, body: Bytes) -> Json<Value> {
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let mut messages = messages.lock();
        let operation = headers["x-amz-target"].to_str().expect("text").rsplit('.').next().unwrap_or_default();
        Json(match operation {
            "GetQueueAttributes" => {
                let held = messages.values().filter(|held| **held).count();
                let visible = messages.len() - held;
                json!({ "Attributes": {
                    "ApproximateNumberOfMessages": visible.to_string(),
                    "ApproximateNumberOfMessagesNotVisible": held.to_string(),
                } })
            }
            "ReceiveMessage" => {
                let most = usize::try_from(body["MaxNumberOfMessages"].as_u64().expect("a number")).expect("few");
                let received = messages.iter_mut().filter(|(_, held)| !**held).take(most).map(|(handle, held)| {
                    *held = true;
                    json!({ "MessageId": handle, "ReceiptHandle": handle, "Body": "{}" })
                });
                json!({ "Messages": received.collect::<Vec<_>>() })
            }
            _ => {
                for entry in body["Entries"].as_array().expect("entries") {
                    if entry["VisibilityTimeout"] == 0 {
                        messages.insert(entry["ReceiptHandle"].as_str().expect("a handle").to_owned(), false);
                    }
                }
                json!({ "Successful": [], "Failed": [] })
            }
        })
    }

    #[tokio::test]
    async fn messages_beyond_the_limit_are_counted() {
        let messages = Messages::default();
        messages.lock().extend((0..45).map(|number| (format!("m{number:02}"), false)));
        let served = Endpoint::serve(Router::new().fallback(answer).with_state(messages.clone())).await;
        let url = format!("{}/000000000000/queue", served.url);
        let endpoint =
            LocalEndpoint { url: served.url, region: "us-east-1".into(), key: AccessKey::new("test", "test") };
        let clients = Clients::for_local(endpoint);
        for (most, listed) in [(10, 10), (45, 45), (100, 45)] {
            let mut queue = Queue::new(&clients, "queue", &url).expect("a queue");
            queue.most = most;
            let letters = queue.list().await.expect("letters");
            assert_eq!((letters.len(), queue.unread), (listed, 45 - listed as u64), "{most}");
            assert!(messages.lock().values().all(|held| !held), "all are visible again");
        }
    }
}
