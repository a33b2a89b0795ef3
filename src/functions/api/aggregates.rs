//! A table of aggregates, each of which is written together with the event of its change.

use std::time::Instant;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use super::store;
use crate::aws::Clients;
use crate::aws::dynamodb::attributes::Item;
use crate::aws::dynamodb::{Commit, Outbox};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::functions::environment::required;
use crate::outbox::Message;

pub struct Aggregates {
    client: Client,
    table: String,
    outbox: Outbox,
}

impl Aggregates {
    /// Reads `AGGREGATE_TABLE` and the outbox's variables.
    ///
    /// # Errors
    /// `Config`, naming the variable that is missing or malformed.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        let client = store::client(clients);
        let outbox = store::outbox(&client)?;
        Ok(Self::new(client, required("AGGREGATE_TABLE")?, outbox))
    }

    pub fn new(client: Client, table: String, outbox: Outbox) -> Self {
        Self { client, table, outbox }
    }

    /// As [`store::get`].
    ///
    /// # Errors
    /// As there.
    pub async fn get(&self, id: &str) -> Result<Option<Item>> {
        store::get(&self.client, &self.table, id).await
    }

    /// Returns the error for an item in an unknown form.
    pub fn unreadable(&self) -> Error {
        store::unreadable(&self.table)
    }

    /// Returns a request that replaces an aggregate.
    pub fn put(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    /// Commits the aggregate and the event; returns false if the condition of `put` does not hold: nothing was written.
    ///
    /// # Errors
    /// Those of the outbox.
    pub async fn commit(&self, put: PutBuilder, event: &Message, deadline: Instant) -> Result<bool> {
        let put = put.build().or_fail(Kind::Unexpected, || "the aggregate is incomplete".to_owned())?;
        let write = TransactWriteItem::builder().put(put).build();
        Ok(matches!(self.outbox.commit(vec![write], event, deadline).await?, Commit::Done))
    }
}
