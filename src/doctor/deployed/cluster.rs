//! The Aurora cluster of the deployment, as RDS describes it.
//!
//! Replication slots are on the writer, and the cluster endpoint leads to it. After a failover another instance writes, and
//! the capture connects to it. AWS's guides do not state that a slot is there then; the check of the slots reports it if it
//! is not ("Using PostgreSQL logical replication with Aurora" and "High availability for Amazon Aurora" in the Aurora user
//! guide).

use aws_sdk_rds::types::{DbCluster, DbClusterMember};

use super::{Finding, Subject, gone};
use crate::aws::databases::{self, writer};
use crate::base::error::Result;
use crate::pipelines::Output;

const CHECK: &str = "database";
const INSTANCES: &str = "database instances";

pub async fn cluster(subject: Subject<'_>, name: &str) -> Result<Vec<Finding>> {
    let Some(found) = databases::cluster(&subject.context.clients, name).await? else {
        return Ok(gone(CHECK, format!("cluster {name}"), subject.restore_data(Output::DatabaseCluster)));
    };
    let mut findings = vec![judge(&found), instances(&found)];
    findings.extend(parameters(&found));
    Ok(findings)
}

fn judge(found: &DbCluster) -> Finding {
    let name = found.db_cluster_identifier().unwrap_or_default();
    let version = found.engine_version().unwrap_or("?");
    let word = found.status().unwrap_or("unknown").to_owned();
    match word.as_str() {
        "available" | "backing-up" => Finding::ok(CHECK, format!("{name}, Aurora PostgreSQL {version}")).word(word),
        "stopped" => {
            let remedy = format!("start it: `aws rds start-db-cluster --db-cluster-identifier {name}`");
            Finding::failed(CHECK, "it is stopped", remedy).word(word)
        }
        "inaccessible-encryption-credentials" | "cloning-failed" | "migration-failed" => {
            Finding::failed(CHECK, format!("RDS reports {word}"), "its events in the RDS console have the reason")
                .word(word)
        }
        _ => Finding::warning(CHECK, format!("{name} is {word}"), "wait until it is available").word(word),
    }
}

/// Checks that an instance writes, and that another one can take its place.
fn instances(found: &DbCluster) -> Finding {
    let Some(writer) = writer(found) else {
        let remedy = "run `outboxctl deploy`, or restore the instance that was deleted";
        return Finding::failed(INSTANCES, "the cluster has no writer instance", remedy).word("no writer");
    };
    match found.db_cluster_members().len() {
        1 => Finding::ok(
            INSTANCES,
            format!("{writer} writes; without a reader, a failover waits until Aurora has created another instance"),
        ),
        count => Finding::ok(INSTANCES, format!("{writer} writes; {} of {count} instances can replace it", count - 1)),
    }
}

/// Checks that the parameters of the cluster are in effect: static ones, like `rds.logical_replication`, need a reboot.
fn parameters(found: &DbCluster) -> Option<Finding> {
    let pends = |member: &&DbClusterMember| member.db_cluster_parameter_group_status() == Some("pending-reboot");
    let pending: Vec<_> = found.db_cluster_members().iter().filter(pends).collect();
    let names: Vec<_> = pending.iter().filter_map(|member| member.db_instance_identifier()).collect();
    let first = names.first()?;
    Some(Finding::warning(
        INSTANCES,
        format!("parameters of the cluster are not in effect on {}", names.join(", ")),
        format!(
            "reboot it, which interrupts its connections: `aws rds reboot-db-instance --db-instance-identifier {first}`"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    fn member(name: &str, writes: bool, parameters: &str) -> DbClusterMember {
        let member = DbClusterMember::builder().db_instance_identifier(name).is_cluster_writer(writes);
        member.db_cluster_parameter_group_status(parameters).build()
    }

    fn of(status: &str, members: &[DbClusterMember]) -> DbCluster {
        let cluster = DbCluster::builder().db_cluster_identifier("shop").engine_version("17.4").status(status);
        cluster.set_db_cluster_members(Some(members.to_vec())).build()
    }

    #[test]
    fn states_of_a_cluster_are_reported_with_their_remedies() {
        let states = ["available", "stopped", "modifying", "inaccessible-encryption-credentials"];
        let found = states.map(|status| judge(&of(status, &[])).state);
        assert_eq!(found, [State::Ok, State::Failed, State::Warning, State::Failed]);
        assert!(judge(&of("stopped", &[])).remedy.is_some_and(|remedy| remedy.contains("start-db-cluster")));
    }

    #[test]
    fn a_cluster_needs_a_writer_and_its_parameters_in_effect() {
        let (one, two) = (member("shop-1", true, "in-sync"), member("shop-2", false, "pending-reboot"));
        assert_eq!(instances(&of("available", &[])).state, State::Failed);
        assert_eq!(instances(&of("available", std::slice::from_ref(&two))).state, State::Failed, "a reader alone");
        assert!(instances(&of("available", std::slice::from_ref(&one))).message.contains("without a reader"));
        let both = of("available", &[one.clone(), two]);
        assert!(instances(&both).message.contains("shop-1 writes; 1 of 2"), "{:?}", instances(&both));
        let pending = parameters(&both).expect("a finding");
        assert!(pending.message.ends_with("shop-2") && pending.state == State::Warning, "{pending:?}");
        assert_eq!(parameters(&of("available", &[one])), None);
    }
}
