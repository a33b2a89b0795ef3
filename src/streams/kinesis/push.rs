//! Enhanced fan-out: the records that Kinesis pushes for one shard, over consecutive subscriptions.
//!
//! Source: SubscribeToShard in the Kinesis Data Streams API reference. A subscription ends after five minutes; a second
//! one of the same consumer and shard within five seconds is refused with ResourceInUseException.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::operation::subscribe_to_shard::SubscribeToShardOutput;
use aws_sdk_kinesis::primitives::DateTime as AwsTime;
use aws_sdk_kinesis::types::{Record, ShardIteratorType, StartingPosition, SubscribeToShardEventStream};

use crate::base::error::{Error, Kind, Result, sdk_code};
use crate::streams::shards::{Cursor, Failure, Page, Reason, ShardInfo, retry};

/// Kinesis sends something every five seconds, if only its position; a connection silent for longer is dead.
const SILENCE: Duration = Duration::from_secs(30);

/// The pushed pages of one shard, each record once.
pub struct Push {
    client: Client,
    consumer: String,
    shard: String,
    cursor: Cursor,
    subscription: Option<SubscribeToShardOutput>,
    /// Attempts since the last pushed record.
    attempt: u32,
    /// Indicates whether the shard is at its end.
    ended: bool,
    children: Vec<ShardInfo>,
}

impl Push {
    /// Subscribes.
    ///
    /// # Errors
    /// `StreamMissing` if the shard does not exist.
    pub async fn open(client: Client, consumer: String, shard: String, cursor: Cursor) -> Result<Self> {
        let (subscription, children) = (None, Vec::new());
        let mut push = Self { client, consumer, shard, cursor, subscription, attempt: 0, ended: false, children };
        push.subscription = Some(push.subscribe().await?);
        Ok(push)
    }

    /// Returns the next records; `None` once the shard is closed and read to its end.
    ///
    /// # Errors
    /// Errors of Kinesis that last several minutes, or at once those for which waiting does not help.
    pub async fn next(&mut self) -> Result<Option<Page<Record>>> {
        while !self.ended {
            let Some(subscription) = &mut self.subscription else {
                self.cursor = self.cursor.clone().renewed();
                self.subscription = Some(self.subscribe().await?);
                continue;
            };
            let pushed = tokio::time::timeout(SILENCE, subscription.event_stream.recv()).await;
            match pushed {
                Ok(Ok(Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)))) => {
                    self.attempt = 0;
                    self.children = event.child_shards().iter().map(ShardInfo::from).collect();
                    let position = event.continuation_sequence_number;
                    // At its end a shard has no position to continue from, and names its children.
                    self.ended = position.is_empty() || !self.children.is_empty();
                    if !self.ended {
                        self.cursor = Cursor::After(position);
                    }
                    let behind = Duration::from_millis(event.millis_behind_latest.max(0).unsigned_abs());
                    return Ok(Some(Page::new(event.records, Some(behind), self.ended)));
                }
                Ok(Ok(Some(_))) => {}
                // Ended after five minutes, interrupted, or silent: the next subscription continues from the same
                // position.
                ended => {
                    if let Ok(Err(error)) = &ended {
                        tracing::debug!(shard = self.shard, code = sdk_code(error), "a subscription was interrupted");
                    }
                    self.subscription = None;
                    if !retry::pause(&mut self.attempt).await {
                        let text = format!("subscriptions to shard {} end without a record", self.shard);
                        return Err(Error::new(Kind::Aws, text));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Returns the child shards; known once [`Push::next`] returned `None`.
    pub fn children(self) -> Vec<ShardInfo> {
        self.children
    }

    async fn subscribe(&mut self) -> Result<SubscribeToShardOutput> {
        loop {
            let request = self.client.subscribe_to_shard().consumer_arn(&self.consumer).shard_id(&self.shard);
            let answer = request.starting_position(position(&self.cursor)?).send().await;
            let error = match answer {
                Ok(subscription) => return Ok(subscription),
                Err(error) => error,
            };
            // The previous subscription counts as in use for some seconds.
            let in_use = sdk_code(&error) == "ResourceInUseException";
            let failure = Failure::of(error, format!("subscribe to shard {}", self.shard));
            match failure.reason {
                Reason::Missing => {
                    let text = format!("shard {} or consumer {} not found", self.shard, self.consumer);
                    return Err(Error::new(Kind::StreamMissing, text));
                }
                reason if (in_use || reason == Reason::Passing) && retry::pause(&mut self.attempt).await => {}
                _ => return Err(failure.error),
            }
        }
    }
}

fn position(cursor: &Cursor) -> Result<StartingPosition> {
    let position = StartingPosition::builder();
    let position = match cursor {
        Cursor::Oldest => position.r#type(ShardIteratorType::TrimHorizon),
        Cursor::LatestSince(_) => position.r#type(ShardIteratorType::Latest),
        Cursor::At(at) => {
            position.r#type(ShardIteratorType::AtTimestamp).timestamp(AwsTime::from_millis(at.timestamp_millis()))
        }
        Cursor::After(sequence) => position.r#type(ShardIteratorType::AfterSequenceNumber).sequence_number(sequence),
    };
    position.build().map_err(|error| Error::new(Kind::Unexpected, "invalid starting position").with_source(error))
}
