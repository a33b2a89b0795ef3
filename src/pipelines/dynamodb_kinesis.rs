//! `dynamodb-kinesis`: DynamoDB outbox → Kinesis Data Streams for DynamoDB → Lambda → EventBridge.

use super::catalog::{Artifact, Owner, Pipeline, Source, Stack};
use super::dynamodb::{self, api_parameters, consumer_parameters};
use super::template;

pub const PIPELINE: Pipeline = Pipeline {
    name: "dynamodb-kinesis",
    title: "DynamoDB outbox → Kinesis → Lambda → EventBridge",
    stacks: &[
        dynamodb::CODE,
        Stack {
            name: "stream",
            owner: Owner::Pipeline,
            template: template!("stream"),
            depends_on: &[],
            parameters: &[],
            holds_data: true,
            sample: false,
        },
        dynamodb::BUS,
        Stack {
            depends_on: &["stream"],
            parameters: &[
                ("DeletionProtection", Source::Protected),
                ("KeepData", Source::Protected),
                ("StreamArn", Source::Output("StreamArn")),
            ],
            ..dynamodb::TABLES
        },
        dynamodb::api(api_parameters!("orders", ("OutboxTable", Source::Output("OutboxTable")))),
        dynamodb::consumer(
            &["code", "stream", "bus", "tables"],
            consumer_parameters!(
                "sequencer",
                "StreamArn",
                ("OutboxTable", Source::Output("OutboxTable")),
                ("PositionsTable", Source::Output("PositionsTable"))
            ),
        ),
    ],
};
