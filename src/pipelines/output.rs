//! The outputs of the pipelines' stacks.

use std::fmt::{Display, Formatter};

/// Declares the outputs: each variant has the name in the templates.
macro_rules! outputs {
    ($($name:ident),* $(,)?) => {
        /// An output of a stack. Names of outputs are strings in this file and in the templates only.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Output { $($name),* }

        impl Output {
            /// Every output of every template.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Returns the name in the template.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

outputs! {
    AdminFunction, AggregateTable, ApiId, ApiUrl, BusArn, BusName, CodeBucket, ConsumerFunction, ConsumerPolicyArn,
    ConsumerSecurityGroupId, DatabaseCluster, DatabaseEndpoint, DatabaseEngine, DatabaseIdentifier, DatabaseName,
    DatabasePort, DatabaseReaderEndpoint, DatabaseResourceId, DatabaseRouteTableId, DatabaseSecretArn, DatabaseSecurityGroupId, DatabaseSubnetIds, DmsSecurityGroupId,
    EventLogGroup, EventSourceMappingId, FailureBucket, FunctionSecurityGroupId, InboxTable, LeaseTable, OutboxLayout,
    OutboxStreamArn, OutboxTable, PositionsTable, PrivateSubnetIds, PublisherFunction, ReplicationInstanceArn, SourceEndpointArn,
    StreamArn, StreamName, TargetEndpointArn, TaskArn, TaskId, UndeliveredQueue, UnloggedQueue, UsersStreamArn, VpcId,
    WriterFunction,
}

impl Output {
    /// Buckets, which must be empty before their stacks can be deleted.
    pub const BUCKETS: &[Self] = &[Self::CodeBucket, Self::FailureBucket];
    /// Tables that a protected stage keeps when its stacks are deleted.
    pub const KEPT_TABLES: &[Self] = &[Self::AggregateTable, Self::OutboxTable, Self::PositionsTable, Self::LeaseTable];

    /// Returns the output of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|output| output.name() == name)
    }
}

impl Display for Output {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::pipelines::{self, templates};

    #[test]
    fn the_outputs_are_those_of_the_templates() {
        let mut names = BTreeSet::new();
        for stack in pipelines::ALL.iter().flat_map(|pipeline| pipeline.stacks) {
            names.extend(templates::keys(stack.template, "Outputs").expect("YAML"));
        }
        assert_eq!(Output::ALL.iter().map(|output| output.name().to_owned()).collect::<BTreeSet<_>>(), names);
        assert!(Output::ALL.iter().all(|output| Output::named(output.name()) == Some(*output)));
    }
}
