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
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};

/// Visibility timeout of a received message; it is extended while the process works on it.
pub const HELD: Duration = Duration::from_secs(30);
/// Maximum messages read: SQS allows 120,000 in flight per queue.
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
    renewal: Option<DropGuard>,
}

impl Queue {
    /// # Errors
    /// `Io` if a temporary file can't be created.
    pub fn new(clients: &Clients, place: &'static str, url: &str) -> Result<Self> {
        let (clients, url, held) = (clients.clone(), url.to_owned(), Handles::default());
        let (spool, known) = (Spool::new()?, HashMap::new());
        Ok(Self { clients, place, url, spool, known, held, elsewhere: 0, renewal: None })
    }

    /// Returns the queue's name.
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or(&self.url)
    }

    /// Returns all letters; the messages can be received again at once.
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
            if fresh == 0 || letters.len() >= MOST {
                return Ok(letters);
            }
            receivers = if came < BATCH { 1 } else { CONCURRENCY };
        }
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
