//! Kinds of resources and the API's names for their parts, in one table.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    SubnetGroup,
    Instance,
    Endpoint,
    Connection,
    Task,
    Certificate,
    Subscription,
}

/// Names of a kind in the API.
pub(super) struct Names {
    /// Response member that holds one resource; the last part of the CloudFormation type and of the operations' names.
    pub(super) one: &'static str,
    /// Response member that holds a list.
    pub(super) many: &'static str,
    pub(super) identifier: &'static str,
    /// "" if the document has no ARN.
    pub(super) arn: &'static str,
    /// Prefix of the ARN's resource part.
    pub(super) word: &'static str,
    pub(super) status: &'static str,
    /// Filter names that Describe takes, and the members that they compare.
    pub(super) filters: &'static [(&'static str, &'static str)],
}

impl Kind {
    pub(super) const ALL: [Self; 7] = [
        Self::SubnetGroup,
        Self::Instance,
        Self::Endpoint,
        Self::Connection,
        Self::Task,
        Self::Certificate,
        Self::Subscription,
    ];

    pub(super) fn names(self) -> Names {
        match self {
            Self::SubnetGroup => Names {
                one: "ReplicationSubnetGroup",
                many: "ReplicationSubnetGroups",
                identifier: "ReplicationSubnetGroupIdentifier",
                arn: "",
                word: "subgrp",
                status: "SubnetGroupStatus",
                filters: &[("replication-subnet-group-id", "ReplicationSubnetGroupIdentifier")],
            },
            Self::Instance => Names {
                one: "ReplicationInstance",
                many: "ReplicationInstances",
                identifier: "ReplicationInstanceIdentifier",
                arn: "ReplicationInstanceArn",
                word: "rep",
                status: "ReplicationInstanceStatus",
                filters: &[
                    ("replication-instance-arn", "ReplicationInstanceArn"),
                    ("replication-instance-id", "ReplicationInstanceIdentifier"),
                    ("replication-instance-class", "ReplicationInstanceClass"),
                    ("engine-version", "EngineVersion"),
                ],
            },
            Self::Endpoint => Names {
                one: "Endpoint",
                many: "Endpoints",
                identifier: "EndpointIdentifier",
                arn: "EndpointArn",
                word: "endpoint",
                status: "Status",
                filters: &[
                    ("endpoint-arn", "EndpointArn"),
                    ("endpoint-type", "EndpointType"),
                    ("endpoint-id", "EndpointIdentifier"),
                    ("engine-name", "EngineName"),
                ],
            },
            Self::Connection => Names {
                one: "Connection",
                many: "Connections",
                identifier: "",
                arn: "",
                word: "connection",
                status: "Status",
                filters: &[("endpoint-arn", "EndpointArn"), ("replication-instance-arn", "ReplicationInstanceArn")],
            },
            Self::Task => Names {
                one: "ReplicationTask",
                many: "ReplicationTasks",
                identifier: "ReplicationTaskIdentifier",
                arn: "ReplicationTaskArn",
                word: "task",
                status: "Status",
                filters: &[
                    ("replication-task-arn", "ReplicationTaskArn"),
                    ("replication-task-id", "ReplicationTaskIdentifier"),
                    ("migration-type", "MigrationType"),
                    ("endpoint-arn", "SourceEndpointArn"),
                    ("endpoint-arn", "TargetEndpointArn"),
                    ("replication-instance-arn", "ReplicationInstanceArn"),
                ],
            },
            Self::Certificate => Names {
                one: "Certificate",
                many: "Certificates",
                identifier: "CertificateIdentifier",
                arn: "CertificateArn",
                word: "cert",
                status: "",
                filters: &[("certificate-arn", "CertificateArn"), ("certificate-id", "CertificateIdentifier")],
            },
            Self::Subscription => Names {
                one: "EventSubscription",
                many: "EventSubscriptionsList",
                identifier: "CustSubscriptionId",
                arn: "",
                word: "es",
                status: "Status",
                filters: &[("event-subscription-id", "CustSubscriptionId")],
            },
        }
    }
}
