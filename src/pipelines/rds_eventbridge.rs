//! `rds-eventbridge`: PostgreSQL on RDS → DMS → Kinesis → Lambda → EventBridge.

use super::catalog::{Artifact, Pipeline, Source, Stack};
use super::shared::{ACCOUNT, BUS, CODE, DATABASE, DMS, NETWORK, STREAM, function_parameters};
use super::stops::{self, API, DMS_TASK, EVENT_LOG, FAILURE_BUCKET, KINESIS, PUBLISHER, TO_PUBLISHER, UNLOGGED};
use super::{Output, Route, Sample, template};
use Source::Protected;

pub const PIPELINE: Pipeline = Pipeline {
    name: "rds-eventbridge",
    title: "PostgreSQL (RDS) → DMS → Kinesis → Lambda → EventBridge",
    route: Route {
        stops: &[API, stops::DATABASE, DMS_TASK, KINESIS, PUBLISHER, stops::BUS, EVENT_LOG],
        sample: Sample::Cars,
        target: TO_PUBLISHER,
        failures: &[FAILURE_BUCKET, UNLOGGED],
    },
    stacks: &[
        ACCOUNT,
        NETWORK,
        CODE,
        STREAM,
        BUS,
        DATABASE,
        DMS,
        Stack {
            depends_on: &["network", "code", "database", "stream", "bus"],
            parameters: function_parameters!(
                ("KeepData", Protected),
                ("StreamArn", Source::Output(Output::StreamArn)),
                ("OutboxLayout", Source::Artifact(Artifact::OutboxLayout)),
                ("BusName", Source::Output(Output::BusName)),
                ("BusArn", Source::Output(Output::BusArn))
            ),
            ..Stack::new("functions", template!("functions"))
        },
    ],
};
