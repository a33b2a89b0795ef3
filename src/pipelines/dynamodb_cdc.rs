//! `dynamodb-cdc`: one DynamoDB table, without an outbox → DynamoDB Streams → Lambda → EventBridge → rule → Lambda.

use super::catalog::{Artifact, Pipeline, Source, Stack};
use super::dynamodb::{self, api_parameters, consumer_parameters};
use super::stops::{
    API, BUS, EVENT_LOG, FAILURE_BUCKET, PUBLISHER, RECEIVER, TABLE, TO_PUBLISHER, UNDELIVERED, UNLOGGED, USERS_STREAM,
};
use super::{Output, Route, Sample, template};

pub const PIPELINE: Pipeline = Pipeline {
    name: "dynamodb-cdc",
    title: "DynamoDB table → DynamoDB Streams → Lambda → EventBridge → Lambda",
    route: Route {
        stops: &[API, TABLE, USERS_STREAM, PUBLISHER, BUS, EVENT_LOG, RECEIVER],
        sample: Sample::Users,
        target: TO_PUBLISHER,
        failures: &[FAILURE_BUCKET, UNLOGGED, UNDELIVERED],
    },
    stacks: &[
        dynamodb::CODE,
        dynamodb::BUS,
        Stack { template: template!("users"), ..dynamodb::TABLES },
        // Captures the users themselves: without them there is no pipeline.
        Stack { sample: false, ..dynamodb::api(api_parameters!("users",)) },
        dynamodb::consumer(
            &["code", "bus", "tables"],
            consumer_parameters!("forwarder.users", Output::UsersStreamArn,),
        ),
        Stack {
            depends_on: &["code", "bus"],
            parameters: &[
                ("NamePrefix", Source::NamePrefix),
                ("CodeBucket", Source::Output(Output::CodeBucket)),
                ("PackageKey", Source::Artifact(Artifact::PackageKey)),
                ("Architecture", Source::Artifact(Artifact::Architecture)),
                ("BusName", Source::Output(Output::BusName)),
            ],
            ..Stack::new("receiver", template!("receiver"))
        },
    ],
};
