//! `dynamodb-kinesis`: DynamoDB outbox → Kinesis Data Streams for DynamoDB → Lambda → EventBridge.

use super::catalog::{Artifact, Pipeline, Source, Stack};
use super::dynamodb::{self, api_parameters, consumer_parameters};
use super::stops::{
    API, BUS, EVENT_LOG, FAILURE_BUCKET, KINESIS, KINESIS_DESTINATION, OUTBOX_TABLE, PUBLISHER, TO_PUBLISHER, UNLOGGED,
};
use super::{Output, Route, STREAM, Sample, Stop};

pub const PIPELINE: Pipeline = Pipeline {
    name: "dynamodb-kinesis",
    title: "DynamoDB outbox → Kinesis → Lambda → EventBridge",
    route: Route {
        stops: &[
            API,
            OUTBOX_TABLE,
            KINESIS_DESTINATION,
            // AWS may repeat and reorder records ("Using Kinesis Data Streams to capture changes to DynamoDB" in
            // the DynamoDB developer guide).
            Stop { ordered: false, repeats: true, ..KINESIS },
            PUBLISHER,
            BUS,
            EVENT_LOG,
        ],
        sample: Sample::Orders,
        target: TO_PUBLISHER,
        failures: &[FAILURE_BUCKET, UNLOGGED],
    },
    stacks: &[
        dynamodb::CODE,
        STREAM,
        dynamodb::BUS,
        Stack {
            depends_on: &["stream"],
            parameters: &[
                ("DeletionProtection", Source::Protected),
                ("KeepData", Source::Protected),
                ("StreamArn", Source::Output(Output::StreamArn)),
            ],
            ..dynamodb::TABLES
        },
        dynamodb::api(api_parameters!("orders", ("OutboxTable", Source::Output(Output::OutboxTable)))),
        dynamodb::consumer(
            &["code", "stream", "bus", "tables"],
            consumer_parameters!(
                "sequencer",
                Output::StreamArn,
                ("OutboxTable", Source::Output(Output::OutboxTable)),
                ("PositionsTable", Source::Output(Output::PositionsTable))
            ),
        ),
    ],
};
