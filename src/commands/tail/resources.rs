//! Streams, buses and tables of the account that `tail` follows without a deployment.

use crate::aws::{Clients, named};
use crate::base::error::{Error, Kind, Result};
use crate::deployment::Feed;
use crate::streams::StartAt;

/// Resources of the account, by name.
#[derive(Debug, clap::Args)]
pub struct Resources {
    /// Follow this Kinesis stream of the account instead of a pipeline
    #[arg(long, value_name = "NAME|ARN", conflicts_with_all = ["hops", "group"])]
    stream: Option<String>,
    /// Follow this EventBridge bus of the account instead of a pipeline
    ///
    /// EventBridge keeps no history, so that only later events can be shown.
    #[arg(long, value_name = "NAME|ARN", conflicts_with_all = ["hops", "group"])]
    bus: Option<String>,
    /// Follow the stream of this DynamoDB table of the account instead of a pipeline
    #[arg(long, value_name = "NAME|ARN", conflicts_with_all = ["hops", "group", "stream"])]
    table: Option<String>,
}

impl Resources {
    /// Returns whether any resource is named.
    pub fn any(&self) -> bool {
        self.stream.is_some() || self.bus.is_some() || self.table.is_some()
    }

    /// Checks the other arguments against the resources, before any request to AWS.
    ///
    /// # Errors
    /// `Usage` for the past of a bus, and for enhanced fan-out without a Kinesis stream.
    pub fn check(&self, from: StartAt, enhanced_fan_out: bool) -> Result<()> {
        if self.bus.is_some() && from != StartAt::Latest {
            return Err(Error::new(Kind::Usage, "EventBridge keeps no history: --bus can't be read with --from")
                .hint("the event log of a deployed pipeline has past events: `outboxctl tail log`"));
        }
        if enhanced_fan_out && self.stream.is_none() {
            return Err(Error::new(Kind::Usage, "--enhanced-fan-out reads Kinesis: name a stream with --stream"));
        }
        Ok(())
    }

    /// Finds the resources, and returns their feeds.
    ///
    /// # Errors
    /// `NotFound` with similar names, and those of [`named`].
    pub async fn feeds(&self, clients: &Clients) -> Result<Vec<Feed>> {
        let mut feeds = Vec::new();
        if let Some(text) = &self.stream {
            feeds.push(Feed::Kinesis(named::stream(clients, text).await?));
        }
        if let Some(text) = &self.table {
            feeds.push(Feed::TableStream(named::table_stream(clients, text).await?));
        }
        if let Some(text) = &self.bus {
            feeds.push(Feed::Bus(named::bus(clients, text).await?));
        }
        Ok(feeds)
    }
}
