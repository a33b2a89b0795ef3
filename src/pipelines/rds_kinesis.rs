//! `rds-kinesis`: PostgreSQL on RDS → DMS → Kinesis → a long-running consumer that marks processed events.

use super::catalog::{Artifact, Pipeline, Source, Stack};
use super::shared::{ACCOUNT, CODE, DATABASE, DMS, NETWORK, STREAM, function_parameters, network_parameters};
use super::stops::{self, API, CONSUMERS, DMS_TASK, FAILURE_TABLE, KINESIS, PROCESSED_LOG, TO_STREAM};
use super::{Output, Route, Sample, template};
use Source::{NamePrefix, Protected};

pub const PIPELINE: Pipeline = Pipeline {
    name: "rds-kinesis",
    title: "PostgreSQL (RDS) → DMS → Kinesis → consumer → processed log",
    route: Route {
        stops: &[API, stops::DATABASE, DMS_TASK, KINESIS, CONSUMERS, PROCESSED_LOG],
        sample: Sample::People,
        target: TO_STREAM,
        failures: &[FAILURE_TABLE],
    },
    stacks: &[
        ACCOUNT,
        // The consumer runs in the private subnets, which have no route to the internet.
        Stack { parameters: network_parameters!(("WithConsumer", Source::Fixed("true"))), ..NETWORK },
        CODE,
        Stack { parameters: &[("ReadByConsumers", Source::Fixed("true"))], ..STREAM },
        DATABASE,
        DMS,
        Stack {
            depends_on: &["network", "code", "database"],
            parameters: function_parameters!(),
            ..Stack::new("people", template!("people"))
        },
        Stack {
            depends_on: &["stream", "database"],
            parameters: &[
                ("NamePrefix", NamePrefix),
                ("KeepData", Protected),
                ("StreamArn", Source::Output(Output::StreamArn)),
                ("StreamName", Source::Output(Output::StreamName)),
                ("DatabaseResourceId", Source::Output(Output::DatabaseResourceId)),
            ],
            holds_data: true,
            ..Stack::new("leases", template!("leases"))
        },
    ],
};
