//! `dynamodb-eventbridge`: DynamoDB outbox → DynamoDB Streams → Lambda → EventBridge.

use super::catalog::{Artifact, Pipeline, Source};
use super::dynamodb::{self, api_parameters, consumer_parameters};

pub const PIPELINE: Pipeline = Pipeline {
    name: "dynamodb-eventbridge",
    title: "DynamoDB outbox → DynamoDB Streams → Lambda → EventBridge",
    stacks: &[
        dynamodb::CODE,
        dynamodb::BUS,
        dynamodb::TABLES,
        dynamodb::api(api_parameters!("cart", ("OutboxTable", Source::Output("OutboxTable")))),
        dynamodb::consumer(&["code", "bus", "tables"], consumer_parameters!("forwarder", "OutboxStreamArn",)),
    ],
};
