//! Resources of the account that a pipeline could use in place of its own, for `init --from-existing`.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_databasemigration::types::ReplicationTask;
use aws_sdk_rds::types::DbInstance;

use super::database::replicated;
use crate::aws::{Clients, named};
use crate::base::error::{AwsContext, Kind, Result};
use crate::pipelines::{Part, Pipeline};
use crate::settings::ExistingKey;

/// Beginning of the names of outboxctl's own resources.
const OWN: &str = "outboxctl-";
/// The bus that every account has, for events of AWS: it is not a candidate.
const DEFAULT: &str = "default";
/// Beginning of the names of log groups that EventBridge can write to.
const EVENTS: &str = "/aws/events/";

/// A value for a key, with a description.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Candidate {
    pub value: String,
    pub about: String,
}

/// The found resources, and the kinds that could not be listed.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    pub found: BTreeMap<ExistingKey, Vec<Candidate>>,
    /// Messages of the requests that AWS denied.
    pub denied: Vec<String>,
}

impl Candidates {
    /// Lists the resources that this pipeline can use.
    ///
    /// # Errors
    /// Those of the services; a denied request is not an error.
    pub async fn find(clients: &Clients, pipeline: &Pipeline) -> Result<Self> {
        let mut all = Self::default();
        if pipeline.has(Part::Kinesis) {
            all.add(streams(clients).await)?;
        }
        if pipeline.has(Part::Bus) {
            all.add(buses(clients).await)?;
            all.add(log_groups(clients).await)?;
        }
        if pipeline.has(Part::Capture) {
            all.add(instances(clients).await)?;
            all.add(tasks(clients).await)?;
        }
        if pipeline.has(Part::Database) {
            all.add(databases(clients).await)?;
        }
        for values in all.found.values_mut() {
            values.sort();
            values.dedup();
        }
        Ok(all)
    }

    fn add(&mut self, listed: Result<Vec<(ExistingKey, Candidate)>>) -> Result<()> {
        match listed {
            Ok(listed) => {
                for (key, one) in listed {
                    self.found.entry(key).or_default().push(one);
                }
                Ok(())
            }
            Err(error) if error.kind() == Kind::AccessDenied => {
                self.denied.push(error.to_string());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn candidate(value: impl Into<String>, about: impl Into<String>) -> Candidate {
    Candidate { value: value.into(), about: about.into() }
}

async fn streams(clients: &Clients) -> Result<Vec<(ExistingKey, Candidate)>> {
    let names = named::streams(clients).await?.into_iter().filter(|name| !name.starts_with(OWN));
    Ok(names.map(|name| (ExistingKey::Stream, candidate(name, "stream"))).collect())
}

async fn buses(clients: &Clients) -> Result<Vec<(ExistingKey, Candidate)>> {
    let names = named::buses(clients).await?.into_iter();
    let names = names.filter(|name| name != DEFAULT && !name.starts_with(OWN));
    Ok(names.map(|name| (ExistingKey::Bus, candidate(name, "bus"))).collect())
}

async fn log_groups(clients: &Clients) -> Result<Vec<(ExistingKey, Candidate)>> {
    let request = clients.logs().describe_log_groups().log_group_name_prefix(EVENTS);
    let mut pages = request.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(group) = pages.next().await {
        let name = group.aws("list the log groups (logs:DescribeLogGroups)")?.log_group_name;
        found.extend(name.filter(|name| !name.starts_with(&format!("{EVENTS}{OWN}"))));
    }
    let about = "log group; a rule of the bus must write to it";
    Ok(found.into_iter().map(|name| (ExistingKey::EventLogGroup, candidate(name, about))).collect())
}

async fn instances(clients: &Clients) -> Result<Vec<(ExistingKey, Candidate)>> {
    let mut pages = clients.dms().describe_replication_instances().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.aws("list the replication instances (dms:DescribeReplicationInstances)")?;
        for one in page.replication_instances.unwrap_or_default() {
            let name = one.replication_instance_identifier.unwrap_or_default();
            let Some(arn) = one.replication_instance_arn.filter(|_| !name.starts_with(OWN)) else { continue };
            let about = format!("{name}, DMS {}", one.engine_version.unwrap_or_default());
            found.push((ExistingKey::ReplicationInstance, candidate(arn, about)));
        }
    }
    Ok(found)
}

async fn tasks(clients: &Clients) -> Result<Vec<(ExistingKey, Candidate)>> {
    let mut pages = clients.dms().describe_endpoints().into_paginator().send();
    let mut engines = HashMap::new();
    while let Some(page) = pages.next().await {
        let page = page.aws("list the endpoints (dms:DescribeEndpoints)")?;
        let endpoints = page.endpoints.unwrap_or_default().into_iter();
        engines.extend(endpoints.filter_map(|one| Some((one.endpoint_arn?, one.engine_name?))));
    }
    let mut pages = clients.dms().describe_replication_tasks().without_settings(true).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.aws("list the tasks (dms:DescribeReplicationTasks)")?;
        let tasks = page.replication_tasks.unwrap_or_default();
        found.extend(tasks.iter().filter_map(|task| of_task(task, &engines)));
    }
    Ok(found)
}

/// Returns the value of a task that captures PostgreSQL into Kinesis, by the engines of all endpoints; `None` for
/// another task, or one of outboxctl.
fn of_task(task: &ReplicationTask, engines: &HashMap<String, String>) -> Option<(ExistingKey, Candidate)> {
    let engine = |arn: Option<&str>| engines.get(arn?).map(String::as_str);
    let (source, target) = (engine(task.source_endpoint_arn()), engine(task.target_endpoint_arn()));
    let is_capture = matches!(source, Some("postgres" | "aurora-postgresql")) && target == Some("kinesis");
    let name = task.replication_task_identifier().unwrap_or_default();
    if !is_capture || name.starts_with(OWN) {
        return None;
    }
    let about = format!("{name}, {}; in place of a task of outboxctl", task.status().unwrap_or("in an unknown state"));
    Some((ExistingKey::Task, candidate(task.replication_task_arn()?, about)))
}

async fn databases(clients: &Clients) -> Result<Vec<(ExistingKey, Candidate)>> {
    let mut pages = clients.rds().describe_db_instances().into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(instance) = pages.next().await {
        found.extend(of_instance(&instance.aws("list the databases (rds:DescribeDBInstances)")?));
    }
    Ok(found)
}

/// Returns the values of an instance; none for another engine, a read replica, or one of outboxctl.
fn of_instance(found: &DbInstance) -> Vec<(ExistingKey, Candidate)> {
    use ExistingKey as Key;
    let name = found.db_instance_identifier().unwrap_or_default();
    let usable = found.engine() == Some("postgres") && replicated(found).is_none();
    if !usable || name.starts_with(OWN) {
        return Vec::new();
    }
    let (at, group) = (found.endpoint(), found.db_subnet_group());
    let subnets = group.map(|group| group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier()));
    let subnets = subnets.map(|ids| ids.collect::<Vec<_>>().join(",")).filter(|ids| !ids.is_empty());
    let groups = found.vpc_security_groups().iter().filter_map(|group| group.vpc_security_group_id());
    let values = [
        (Key::DatabaseIdentifier, Some(name.to_owned())),
        (Key::DatabaseEndpoint, at.and_then(|at| at.address()).map(str::to_owned)),
        (Key::DatabasePort, at.and_then(|at| at.port()).map(|port| port.to_string())),
        (Key::DatabaseName, found.db_name().map(str::to_owned)),
        (Key::DatabaseResourceId, found.dbi_resource_id().map(str::to_owned)),
        (Key::VpcId, group.and_then(|group| group.vpc_id()).map(str::to_owned)),
        (Key::PrivateSubnets, subnets),
    ];
    let about = format!("of database {name}, PostgreSQL {}", found.engine_version().unwrap_or("?"));
    let values = values.into_iter().filter_map(|(key, value)| Some((key, candidate(value?, &about))));
    values.chain(groups.map(|id| (Key::DatabaseSecurityGroup, candidate(id, &about)))).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{DbSubnetGroup, Endpoint, Subnet};

    use super::*;

    #[test]
    fn only_tasks_of_other_tools_from_postgresql_to_kinesis_are_candidates() {
        let engines = [("pg", "postgres"), ("stream", "kinesis"), ("lake", "s3")];
        let engines = engines.map(|(arn, engine)| (arn.to_owned(), engine.to_owned())).into();
        let task = |name: &str, source: &str, target: &str| {
            let task = ReplicationTask::builder().replication_task_identifier(name).replication_task_arn("task");
            of_task(&task.source_endpoint_arn(source).target_endpoint_arn(target).build(), &engines)
        };
        assert!(task("orders", "pg", "stream").is_some());
        for (name, source, target) in
            [("orders", "pg", "lake"), ("orders", "gone", "stream"), ("outboxctl-dev-rds-kinesis", "pg", "stream")]
        {
            assert!(task(name, source, target).is_none(), "{name} {source} {target}");
        }
    }

    #[test]
    fn an_instance_gives_database_and_network() {
        let subnet = |id: &str| Subnet::builder().subnet_identifier(id).build();
        let group = DbSubnetGroup::builder().vpc_id("vpc-1").subnets(subnet("subnet-a")).subnets(subnet("subnet-b"));
        let shop = || {
            DbInstance::builder()
                .db_instance_identifier("shop")
                .engine("postgres")
                .endpoint(Endpoint::builder().address("host").port(5433).build())
                .db_subnet_group(group.clone().build())
        };
        let found = of_instance(&shop().build());
        let value = |key| found.iter().find(|(of, _)| *of == key).map(|(_, one)| one.value.as_str());
        assert_eq!(value(ExistingKey::PrivateSubnets), Some("subnet-a,subnet-b"));
        assert_eq!((value(ExistingKey::DatabasePort), value(ExistingKey::DatabaseName)), (Some("5433"), None));
        assert!(of_instance(&shop().engine("mysql").build()).is_empty());
        assert!(of_instance(&shop().read_replica_source_db_instance_identifier("main").build()).is_empty());
        assert!(of_instance(&shop().db_instance_identifier("outboxctl-dev-rds-kinesis").build()).is_empty());
    }
}
