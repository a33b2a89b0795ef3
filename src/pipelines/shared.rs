//! Stacks that several pipelines have.

use super::catalog::{Artifact, Mapping, Owner, Source, Stack};
use super::{Output, template};
use Source::{NamePrefix, Protected};

/// Roles that DMS requires once per account.
pub const ACCOUNT: Stack = Stack {
    owner: Owner::Account,
    parameters: &[
        ("CreateDmsVpcRole", Source::RoleMissing("dms-vpc-role")),
        ("CreateDmsLogsRole", Source::RoleMissing("dms-cloudwatch-logs-role")),
    ],
    ..Stack::new("account", template!("account"))
};

/// Lists the parameters of [`NETWORK`], and further ones of a pipeline.
macro_rules! network_parameters {
    ($($further:expr),*) => {
        &[
            ("NamePrefix", Source::NamePrefix),
            // The stream that the endpoint leads to, in place of the pipeline's own.
            ("ExistingStreamArn", Source::Existing(Output::StreamArn)),
            ("ExistingVpcId", Source::Existing(Output::VpcId)),
            ("ExistingPrivateSubnetIds", Source::Existing(Output::PrivateSubnetIds)),
            ("ExistingDatabaseSubnetIds", Source::Existing(Output::DatabaseSubnetIds)),
            ("ExistingFunctionSecurityGroupId", Source::Existing(Output::FunctionSecurityGroupId)),
            ("ExistingDmsSecurityGroupId", Source::Existing(Output::DmsSecurityGroupId)),
            ("ExistingDatabaseSecurityGroupId", Source::Existing(Output::DatabaseSecurityGroupId)),
            ("ExistingDatabasePort", Source::Existing(Output::DatabasePort)),
            $($further),*
        ]
    };
}
pub(super) use network_parameters;

/// VPC, subnets, security groups and endpoints. In an existing VPC only the security groups that are not given.
pub const NETWORK: Stack = Stack { parameters: NETWORK_PARAMETERS, ..Stack::new("network", template!("network")) };

/// The parameters of [`NETWORK`] where no consumer runs in it.
const NETWORK_PARAMETERS: &[(&str, Source)] = network_parameters!();

/// Lists the parameters of a stack with functions in the network that reach the database, and further ones of the stack.
macro_rules! function_parameters {
    ($($further:expr),*) => {
        &[
            ("NamePrefix", Source::NamePrefix),
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
            $($further),*
        ]
    };
}
pub(super) use function_parameters;

/// Bucket of the functions' package.
pub const CODE: Stack = Stack::new("code", template!("code"));

/// Kinesis stream between capture and consumer.
pub const STREAM: Stack = Stack {
    parameters: &[("ReadByConsumers", Source::Fixed("false"))],
    holds_data: true,
    ..Stack::new("stream", template!("stream"))
};

/// Event bus and its log.
pub const BUS: Stack = Stack {
    parameters: &[("NamePrefix", NamePrefix), ("ExistingBusName", Source::Existing(Output::BusName))],
    ..Stack::new("bus", template!("bus"))
};

/// The engine of RDS for PostgreSQL, as RDS and DMS name it.
pub const POSTGRES: &str = "postgres";
/// The engine of Aurora PostgreSQL, as RDS and DMS name it.
pub const AURORA: &str = "aurora-postgresql";

/// PostgreSQL on RDS or Aurora, with the owner's secret.
pub const DATABASE: Stack = Stack {
    depends_on: &["network"],
    parameters: &[
        ("NamePrefix", NamePrefix),
        ("DeletionProtection", Protected),
        ("KeepData", Protected),
        ("DatabaseUpgrade", Source::Kept("db upgrade")),
        ("DatabaseSubnetIds", Source::Output(Output::DatabaseSubnetIds)),
        ("DatabaseSecurityGroupId", Source::Output(Output::DatabaseSecurityGroupId)),
    ],
    holds_data: true,
    ..Stack::new("database", template!("database"))
};

/// Capture of the outbox table into the stream.
pub const DMS: Stack = Stack {
    depends_on: &["account", "network", "database", "stream"],
    parameters: &[
        ("NamePrefix", NamePrefix),
        ("PrivateSubnetIds", Source::Output(Output::PrivateSubnetIds)),
        ("DmsSecurityGroupId", Source::Output(Output::DmsSecurityGroupId)),
        ("DatabaseEngine", Source::OutputOr(Output::DatabaseEngine, POSTGRES)),
        ("DatabaseName", Source::Output(Output::DatabaseName)),
        ("DatabaseSecretArn", Source::Output(Output::DatabaseSecretArn)),
        ("StreamArn", Source::Output(Output::StreamArn)),
        ("ExistingReplicationInstanceArn", Source::Existing(Output::ReplicationInstanceArn)),
        ("ExistingReplicationInstanceName", Source::Artifact(Artifact::ReplicationInstanceName)),
        ("ExistingDatabaseInstance", Source::Existing(Output::DatabaseIdentifier)),
        ("ExistingDatabaseCluster", Source::Existing(Output::DatabaseCluster)),
        ("DatabaseCertificate", Source::Artifact(Artifact::DatabaseCertificate)),
        ("CertificateIdentifier", Source::NameByDigest("DatabaseCertificate")),
        ("OutboxLayout", Source::Artifact(Artifact::OutboxLayout)),
        ("OutboxSchema", Source::Artifact(Artifact::Outbox(Mapping::Schema))),
        ("OutboxTable", Source::Artifact(Artifact::Outbox(Mapping::Table))),
        ("OutboxPartitionKey", Source::Artifact(Artifact::Outbox(Mapping::PartitionKey))),
        ("OutboxFilterColumn", Source::Artifact(Artifact::Outbox(Mapping::FilterColumn))),
        ("OutboxFilterOperator", Source::Artifact(Artifact::Outbox(Mapping::FilterOperator))),
    ],
    ..Stack::new("dms", template!("dms"))
};
