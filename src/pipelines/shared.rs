//! Stacks that several pipelines have.

use super::catalog::{Artifact, Mapping, Owner, Source, Stack};
use super::{Output, template};
use crate::settings::ExistingKey;
use Source::{NamePrefix, Protected};

/// Roles that DMS requires once per account.
pub const ACCOUNT: Stack = Stack {
    name: "account",
    owner: Owner::Account,
    template: template!("account"),
    depends_on: &[],
    parameters: &[
        ("CreateDmsVpcRole", Source::RoleMissing("dms-vpc-role")),
        ("CreateDmsLogsRole", Source::RoleMissing("dms-cloudwatch-logs-role")),
    ],
    holds_data: false,
    sample: false,
};

/// VPC, subnets, security groups and endpoints.
pub const NETWORK: Stack = Stack {
    name: "network",
    owner: Owner::Pipeline,
    template: template!("network"),
    depends_on: &[],
    parameters: &[("NamePrefix", NamePrefix), EXISTING_STREAM],
    holds_data: false,
    sample: false,
};

/// The parameter of [`NETWORK`] with the stream that its endpoint leads to, in place of the pipeline's own.
pub const EXISTING_STREAM: (&str, Source) = ("ExistingStreamArn", Source::Existing(Output::StreamArn));

/// Bucket of the functions' package.
pub const CODE: Stack = Stack {
    name: "code",
    owner: Owner::Pipeline,
    template: template!("code"),
    depends_on: &[],
    parameters: &[],
    holds_data: false,
    sample: false,
};

/// Kinesis stream between capture and consumer.
pub const STREAM: Stack = Stack {
    name: "stream",
    owner: Owner::Pipeline,
    template: template!("stream"),
    depends_on: &[],
    parameters: &[],
    holds_data: true,
    sample: false,
};

/// Event bus and its log.
pub const BUS: Stack = Stack {
    name: "bus",
    owner: Owner::Pipeline,
    template: template!("bus"),
    depends_on: &[],
    parameters: &[("NamePrefix", NamePrefix), ("ExistingBusName", Source::Existing(Output::BusName))],
    holds_data: false,
    sample: false,
};

/// PostgreSQL on RDS, with the owner's secret.
pub const DATABASE: Stack = Stack {
    name: "database",
    owner: Owner::Pipeline,
    template: template!("database"),
    depends_on: &["network"],
    parameters: &[
        ("NamePrefix", NamePrefix),
        ("DeletionProtection", Protected),
        ("KeepData", Protected),
        ("DatabaseSubnetIds", Source::Output(Output::DatabaseSubnetIds)),
        ("DatabaseSecurityGroupId", Source::Output(Output::DatabaseSecurityGroupId)),
    ],
    holds_data: true,
    sample: false,
};

/// Capture of the outbox table into the stream.
pub const DMS: Stack = Stack {
    name: "dms",
    owner: Owner::Pipeline,
    template: template!("dms"),
    depends_on: &["account", "network", "database", "stream"],
    parameters: &[
        ("NamePrefix", NamePrefix),
        ("PrivateSubnetIds", Source::Output(Output::PrivateSubnetIds)),
        ("DmsSecurityGroupId", Source::Output(Output::DmsSecurityGroupId)),
        ("DatabaseEngine", Source::Key(ExistingKey::DatabaseEngine, "postgres")),
        ("DatabaseName", Source::Output(Output::DatabaseName)),
        ("DatabaseSecretArn", Source::Output(Output::DatabaseSecretArn)),
        ("StreamArn", Source::Output(Output::StreamArn)),
        ("ExistingReplicationInstanceArn", Source::Existing(Output::ReplicationInstanceArn)),
        ("DatabaseCertificate", Source::Artifact(Artifact::DatabaseCertificate)),
        ("CertificateIdentifier", Source::NameByDigest("DatabaseCertificate")),
        ("OutboxLayout", Source::Artifact(Artifact::OutboxLayout)),
        ("OutboxSchema", Source::Artifact(Artifact::Outbox(Mapping::Schema))),
        ("OutboxTable", Source::Artifact(Artifact::Outbox(Mapping::Table))),
        ("OutboxPartitionKey", Source::Artifact(Artifact::Outbox(Mapping::PartitionKey))),
        ("OutboxFilterColumn", Source::Artifact(Artifact::Outbox(Mapping::FilterColumn))),
        ("OutboxFilterOperator", Source::Artifact(Artifact::Outbox(Mapping::FilterOperator))),
    ],
    holds_data: false,
    sample: false,
};
