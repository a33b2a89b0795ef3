//! Leases in a DynamoDB table: partition key `consumer_group`, sort key `shard_id`; every change is a conditional
//! update.
//!
//! Attribute names have more than one word, because single words are often reserved in DynamoDB's expressions.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use chrono::Utc;

use super::{Checkpoint, Lease, Leases};
use crate::aws::dynamodb::attributes::{Item, number, number_of, text, text_of};
use crate::base::error::{AwsContext, CONDITION_FAILED, Error, Kind, RESOURCE_MISSING, Result};

/// The lease table, as seen by one group of consumers that share the shards.
pub struct Table {
    client: Client,
    table: String,
    group: String,
}

impl Table {
    pub fn new(client: Client, table: impl Into<String>, group: impl Into<String>) -> Self {
        Self { client, table: table.into(), group: group.into() }
    }

    /// Returns an update of one lease by `me` that stamps it and returns all its attributes. `updated_at` is for people
    /// only.
    fn update(&self, shard: &str, me: &str, change: &str, condition: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("consumer_group", text(&self.group))
            .key("shard_id", text(shard))
            .update_expression(change)
            .condition_expression(condition)
            .expression_attribute_values(":me", text(me))
            .expression_attribute_values(":now", text(Utc::now().to_rfc3339()))
            .return_values(ReturnValue::AllNew)
    }

    /// Returns the changed lease; `None` if the condition did not hold.
    async fn send(&self, shard: &str, update: UpdateItemFluentBuilder) -> Result<Option<Lease>> {
        let action = format!("update the lease of {shard} in {}", self.table);
        let updated = update.send().await.aws_unless(CONDITION_FAILED, action)?;
        updated.map(|answer| lease(&answer.attributes.unwrap_or_default())).transpose()
    }
}

impl Leases for Table {
    async fn list(&self) -> Result<Vec<Lease>> {
        let (mut leases, mut from) = (Vec::new(), None::<Item>);
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("consumer_group = :group")
                .expression_attribute_values(":group", text(&self.group))
                .set_exclusive_start_key(from.take())
                .send()
                .await;
            let page = page.aws_unless(RESOURCE_MISSING, format!("read the leases in {}", self.table))?;
            let missing = || Error::new(Kind::NotDeployed, format!("lease table {} not found", self.table));
            let page = page.ok_or_else(missing)?;
            for item in page.items() {
                leases.push(lease(item)?);
            }
            from = page.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() {
                return Ok(leases);
            }
        }
    }

    async fn create(&self, lease: &Lease) -> Result<()> {
        let parents: Vec<String> = lease.parents.iter().cloned().collect();
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("consumer_group", text(&self.group))
            .item("shard_id", text(&lease.shard))
            .item("renewal_count", number(lease.counter))
            .item("read_up_to", text(lease.checkpoint.to_string()))
            .condition_expression("attribute_not_exists(shard_id)");
        // DynamoDB has no empty sets.
        let request =
            if parents.is_empty() { request } else { request.item("parent_ids", AttributeValue::Ss(parents)) };
        let action = format!("add the lease of {} to {}", lease.shard, self.table);
        request.send().await.aws_unless(CONDITION_FAILED, action).map(drop)
    }

    async fn take(&self, seen: &Lease, me: &str) -> Result<Option<Lease>> {
        let condition = match &seen.owner {
            Some(_) => "renewal_count = :seen AND held_by = :owner",
            None => "renewal_count = :seen AND attribute_not_exists(held_by)",
        };
        let change = "SET held_by = :me, updated_at = :now REMOVE wanted_by ADD renewal_count :one";
        let update = self
            .update(&seen.shard, me, change, condition)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":seen", number(seen.counter));
        let update = match &seen.owner {
            Some(owner) => update.expression_attribute_values(":owner", text(owner)),
            None => update,
        };
        self.send(&seen.shard, update).await
    }

    async fn renew(&self, shard: &str, me: &str) -> Result<Option<Lease>> {
        let update = self
            .update(shard, me, "SET updated_at = :now ADD renewal_count :one", "held_by = :me")
            .expression_attribute_values(":one", number(1));
        self.send(shard, update).await
    }

    async fn checkpoint(&self, shard: &str, me: &str, to: &Checkpoint) -> Result<bool> {
        let update = self
            .update(shard, me, "SET read_up_to = :to, updated_at = :now", "held_by = :me")
            .expression_attribute_values(":to", text(to.to_string()));
        Ok(self.send(shard, update).await?.is_some())
    }

    async fn ask(&self, seen: &Lease, me: &str) -> Result<bool> {
        let Some(owner) = &seen.owner else { return Ok(false) };
        let condition = "held_by = :owner AND attribute_not_exists(wanted_by)";
        let update = self
            .update(&seen.shard, me, "SET wanted_by = :me, updated_at = :now", condition)
            .expression_attribute_values(":owner", text(owner));
        Ok(self.send(&seen.shard, update).await?.is_some())
    }

    async fn release(&self, shard: &str, me: &str, to: Option<&str>) -> Result<bool> {
        let change = match to {
            Some(_) => "SET held_by = :to, updated_at = :now REMOVE wanted_by ADD renewal_count :one",
            None => "SET updated_at = :now REMOVE held_by, wanted_by ADD renewal_count :one",
        };
        let update = self.update(shard, me, change, "held_by = :me").expression_attribute_values(":one", number(1));
        let update = match to {
            Some(to) => update.expression_attribute_values(":to", text(to)),
            None => update,
        };
        Ok(self.send(shard, update).await?.is_some())
    }

    async fn remove(&self, shard: &str) -> Result<()> {
        let removed = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("consumer_group", text(&self.group))
            .key("shard_id", text(shard))
            .condition_expression("attribute_not_exists(held_by)")
            .send()
            .await;
        let action = format!("remove the lease of {shard} from {}", self.table);
        removed.aws_unless(CONDITION_FAILED, action).map(drop)
    }
}

fn lease(item: &Item) -> Result<Lease> {
    let word = |name: &str| text_of(item, name);
    let broken = |what: &str| {
        Error::new(Kind::Unexpected, format!("a lease has no usable {what}: {item:?}"))
            .hint("remove that item while no consumer runs; its shard is then read from the start again")
    };
    let checkpoint = word("read_up_to").and_then(|text| text.parse::<Checkpoint>().ok());
    let parents = item.get("parent_ids").and_then(|value| value.as_ss().ok()).cloned().unwrap_or_default();
    Ok(Lease {
        shard: word("shard_id").ok_or_else(|| broken("shard_id"))?,
        parents: BTreeSet::from_iter(parents),
        owner: word("held_by"),
        counter: number_of(item, "renewal_count").ok_or_else(|| broken("renewal_count"))?,
        checkpoint: checkpoint.ok_or_else(|| broken("read_up_to"))?,
        wanted_by: word("wanted_by"),
    })
}
