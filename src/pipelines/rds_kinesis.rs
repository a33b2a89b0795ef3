//! `rds-kinesis`: PostgreSQL on RDS → DMS → Kinesis → a long-running consumer that marks processed events.

use super::catalog::{Artifact, Pipeline, Source, Stack};
use super::shared::{ACCOUNT, CODE, DATABASE, DMS, NETWORK, STREAM, network_parameters};
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
            parameters: &[
                ("NamePrefix", NamePrefix),
                ("CodeBucket", Source::Output(Output::CodeBucket)),
                ("PackageKey", Source::Artifact(Artifact::PackageKey)),
                ("Architecture", Source::Artifact(Artifact::Architecture)),
                ("PrivateSubnetIds", Source::Output(Output::PrivateSubnetIds)),
                ("FunctionSecurityGroupId", Source::Output(Output::FunctionSecurityGroupId)),
                ("DatabaseEndpoint", Source::Output(Output::DatabaseEndpoint)),
                ("DatabasePort", Source::Output(Output::DatabasePort)),
                ("DatabaseName", Source::Output(Output::DatabaseName)),
                ("DatabaseResourceId", Source::Output(Output::DatabaseResourceId)),
                ("DatabaseSecretArn", Source::Output(Output::DatabaseSecretArn)),
                ("DatabaseCertificate", Source::Artifact(Artifact::DatabaseCertificate)),
            ],
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
