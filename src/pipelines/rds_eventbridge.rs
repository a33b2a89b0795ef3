//! `rds-eventbridge`: PostgreSQL on RDS → DMS → Kinesis → Lambda → EventBridge.

use super::catalog::{Artifact, Owner, Pipeline, Source, Stack};
use super::shared::{ACCOUNT, BUS, CODE, DATABASE, DMS, NETWORK, STREAM};
use super::template;
use Source::{NamePrefix, Output, Protected};

pub const PIPELINE: Pipeline = Pipeline {
    name: "rds-eventbridge",
    title: "PostgreSQL (RDS) → DMS → Kinesis → Lambda → EventBridge",
    stacks: &[
        ACCOUNT,
        NETWORK,
        CODE,
        STREAM,
        BUS,
        DATABASE,
        DMS,
        Stack {
            name: "functions",
            owner: Owner::Pipeline,
            template: template!("functions"),
            depends_on: &["network", "code", "database", "stream", "bus"],
            parameters: &[
                ("NamePrefix", NamePrefix),
                ("KeepData", Protected),
                ("CodeBucket", Output("CodeBucket")),
                ("PackageKey", Source::Artifact(Artifact::PackageKey)),
                ("Architecture", Source::Artifact(Artifact::Architecture)),
                ("PrivateSubnetIds", Output("PrivateSubnetIds")),
                ("FunctionSecurityGroupId", Output("FunctionSecurityGroupId")),
                ("DatabaseEndpoint", Output("DatabaseEndpoint")),
                ("DatabasePort", Output("DatabasePort")),
                ("DatabaseName", Output("DatabaseName")),
                ("DatabaseResourceId", Output("DatabaseResourceId")),
                ("DatabaseSecretArn", Output("DatabaseSecretArn")),
                ("DatabaseCertificate", Source::Artifact(Artifact::DatabaseCertificate)),
                ("StreamArn", Output("StreamArn")),
                ("BusName", Output("BusName")),
                ("BusArn", Output("BusArn")),
            ],
            holds_data: false,
            sample: false,
        },
    ],
};
