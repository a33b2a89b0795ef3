//! `rds-kinesis`: PostgreSQL on RDS → DMS → Kinesis → a long-running consumer that marks what it processed.

use super::catalog::{Artifact, Owner, Pipeline, Source, Stack};
use super::shared::{ACCOUNT, CODE, DATABASE, DMS, NETWORK, STREAM};
use super::template;
use Source::{NamePrefix, Output, Protected};

pub const PIPELINE: Pipeline = Pipeline {
    name: "rds-kinesis",
    title: "PostgreSQL (RDS) → DMS → Kinesis → consumer → processed log",
    stacks: &[
        ACCOUNT,
        // Its consumer runs in the private subnets, which lead nowhere by themselves.
        Stack { parameters: &[("NamePrefix", NamePrefix), ("WithConsumer", Source::Fixed("true"))], ..NETWORK },
        CODE,
        STREAM,
        DATABASE,
        DMS,
        Stack {
            name: "people",
            owner: Owner::Pipeline,
            template: template!("people"),
            depends_on: &["network", "code", "database"],
            parameters: &[
                ("NamePrefix", NamePrefix),
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
            ],
            holds_data: false,
            sample: false,
        },
        Stack {
            name: "leases",
            owner: Owner::Pipeline,
            template: template!("leases"),
            depends_on: &["stream", "database"],
            parameters: &[
                ("NamePrefix", NamePrefix),
                ("KeepData", Protected),
                ("StreamArn", Output("StreamArn")),
                ("StreamName", Output("StreamName")),
                ("DatabaseResourceId", Output("DatabaseResourceId")),
            ],
            holds_data: true,
            sample: false,
        },
    ],
};
