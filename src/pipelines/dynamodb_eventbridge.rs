//! `dynamodb-eventbridge`: DynamoDB outbox → DynamoDB Streams → Lambda → EventBridge.

use super::catalog::{Artifact, Pipeline, Source};
use super::dynamodb::{self, api_parameters, consumer_parameters};
use super::stops::{
    API, BUS, EVENT_LOG, FAILURE_BUCKET, OUTBOX_STREAM, OUTBOX_TABLE, PUBLISHER, TO_PUBLISHER, UNLOGGED,
};
use super::{Output, Route, Sample};

pub const PIPELINE: Pipeline = Pipeline {
    name: "dynamodb-eventbridge",
    title: "DynamoDB outbox → DynamoDB Streams → Lambda → EventBridge",
    route: Route {
        stops: &[API, OUTBOX_TABLE, OUTBOX_STREAM, PUBLISHER, BUS, EVENT_LOG],
        sample: Sample::Carts,
        target: TO_PUBLISHER,
        failures: &[FAILURE_BUCKET, UNLOGGED],
    },
    stacks: &[
        dynamodb::CODE,
        dynamodb::BUS,
        dynamodb::TABLES,
        dynamodb::api(api_parameters!("cart", ("OutboxTable", Source::Output(Output::OutboxTable)))),
        dynamodb::consumer(&["code", "bus", "tables"], consumer_parameters!("forwarder", Output::OutboxStreamArn,)),
    ],
};
