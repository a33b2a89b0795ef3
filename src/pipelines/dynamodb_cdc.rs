//! `dynamodb-cdc`: one DynamoDB table, without an outbox → DynamoDB Streams → Lambda → EventBridge → rule → Lambda.

use super::catalog::{Artifact, Owner, Pipeline, Source, Stack};
use super::dynamodb::{self, api_parameters, consumer_parameters};
use super::template;

pub const PIPELINE: Pipeline = Pipeline {
    name: "dynamodb-cdc",
    title: "DynamoDB table → DynamoDB Streams → Lambda → EventBridge → Lambda",
    stacks: &[
        dynamodb::CODE,
        dynamodb::BUS,
        Stack { template: template!("users"), ..dynamodb::TABLES },
        // Here the users are what is captured: without them there is no pipeline.
        Stack { sample: false, ..dynamodb::api(api_parameters!("users",)) },
        dynamodb::consumer(&["code", "bus", "tables"], consumer_parameters!("forwarder.users", "UsersStreamArn",)),
        Stack {
            name: "receiver",
            owner: Owner::Pipeline,
            template: template!("receiver"),
            depends_on: &["code", "bus"],
            parameters: &[
                ("NamePrefix", Source::NamePrefix),
                ("CodeBucket", Source::Output("CodeBucket")),
                ("PackageKey", Source::Artifact(Artifact::PackageKey)),
                ("Architecture", Source::Artifact(Artifact::Architecture)),
                ("BusName", Source::Output("BusName")),
            ],
            holds_data: false,
            sample: false,
        },
    ],
};
