//! Pipelines on Aurora Serverless v2 and on provisioned Aurora, on the local stack.

use std::process::{Child, Stdio};
use std::time::Duration;

use outboxctl::internals::aws::Clients;
use serde_json::Value;

use crate::rebuild::invalidate;
use crate::support::stack::Stack;

/// An instance of a cluster without a capacity range.
const WITHOUT_RANGE: &str = r#"
Resources:
  Cluster:
    Type: AWS::RDS::DBCluster
    DeletionPolicy: Delete
    Properties:
      DBClusterIdentifier: other
      DatabaseName: other
      Engine: aurora-postgresql
      EngineVersion: "17"
      MasterUsername: other_owner
      MasterUserPassword: not-a-secret
  Writer:
    Type: AWS::RDS::DBInstance
    Properties:
      DBClusterIdentifier: !Ref Cluster
      Engine: aurora-postgresql
      DBInstanceClass: db.serverless
"#;

/// Creates a stack that must fail, and returns the reason.
async fn refused(clients: &Clients, name: &str, template: &str) -> String {
    let client = clients.cloudformation();
    client.create_stack().stack_name(name).template_body(template).send().await.expect("a stack");
    loop {
        let answer = client.describe_stacks().stack_name(name).send().await.expect("an answer");
        match answer.stacks().first().and_then(|stack| stack.stack_status()).map(|status| status.as_str().to_owned()) {
            Some(status) if status.starts_with("ROLLBACK_COMPLETE") => break,
            Some(status) if status.ends_with("IN_PROGRESS") => tokio::time::sleep(Duration::from_millis(100)).await,
            other => panic!("{other:?}"),
        }
    }
    let events = client.describe_stack_events().stack_name(name).send().await.expect("events");
    let failed = events
        .stack_events()
        .iter()
        .filter(|event| event.resource_status().is_some_and(|status| status.as_str() == "CREATE_FAILED"));
    failed.filter_map(|event| event.resource_status_reason()).collect::<Vec<_>>().join("; ")
}

/// A consumer that runs until it is dropped.
struct Consumer(Child);

impl Consumer {
    fn start(stack: &Stack) -> Self {
        let mut command = stack.command(&["consume"]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts"))
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `db upgrade` upgrades instances that outboxctl made: for others it names the steps by hand, and changes nothing.
pub fn refuses_an_upgrade(stack: &Stack, reason: &str) {
    let before = stack.ok(&["dms", "status"])["status"].clone();
    let refused = stack.fails(2, &["db", "upgrade", "--to", "17", "--yes"]);
    let (message, hints) = (refused["error"]["message"].to_string(), refused["error"]["hints"].to_string());
    assert!(message.contains(reason), "{message}");
    for step in ["outboxctl reconcile", "outboxctl dms stop", "drop the capture's slot", "outboxctl dms rebuild"] {
        assert!(hints.contains(step), "{step}: {hints}");
    }
    assert_eq!(stack.ok(&["dms", "status"])["status"], before);
}

fn findings(report: &Value) -> Vec<Value> {
    report["findings"].as_array().expect("findings").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_on_aurora_serverless_delivers_and_is_removed() {
    let stack = Stack::up("aurora");
    let clients = stack.clients();
    stack.write("outboxctl.toml", "pipeline = \"rds-kinesis\"\n[parameters]\nDatabaseEngine = \"aurora-postgresql\"\n");

    let preview = stack.ok(&["deploy", "--dry-run"]);
    let stacks = preview["stacks"].as_array().expect("stacks");
    let database = stacks.iter().find(|one| one["stack"] == "database").expect("the stack");
    let added =
        database["changes"].as_array().expect("changes").iter().filter_map(|change| change["resource"].as_str());
    let added: Vec<_> = added.collect();
    assert!(added.contains(&"Cluster") && !added.contains(&"Database") && !added.contains(&"Reader"), "{added:?}");

    stack.ok(&["deploy", "--yes"]);
    stack.write("outboxctl.toml", "pipeline = \"rds-kinesis\"\n");
    assert!(!stack.changed(&["deploy", "--yes"]), "the engine of the deploy before counts");
    let outputs = stack.ok(&["outputs"]);
    let output = |name: &str| outputs[name].as_str().unwrap_or_else(|| panic!("{name}: {outputs}")).to_owned();
    let name = output("DatabaseCluster");
    assert!(output("DatabaseResourceId").starts_with("cluster-"), "{outputs}");
    assert!(outputs.get("DatabaseIdentifier").is_none(), "{outputs}");
    let found = clients.rds().describe_db_clusters().db_cluster_identifier(&name).send().await.expect("the cluster");
    let cluster = found.db_clusters().first().expect("the cluster");
    assert_eq!(cluster.endpoint(), Some(output("DatabaseEndpoint").as_str()));
    assert_eq!(cluster.reader_endpoint(), Some(output("DatabaseReaderEndpoint").as_str()));
    let writers: Vec<_> = cluster.db_cluster_members().iter().map(|member| member.is_cluster_writer()).collect();
    assert_eq!(writers, [Some(true)]);
    let source = clients.dms().describe_endpoints().send().await.expect("endpoints");
    let engines: Vec<_> = source.endpoints().iter().filter_map(|endpoint| endpoint.engine_name()).collect();
    assert!(engines.contains(&"aurora-postgresql"), "{engines:?}");

    stack.ok(&["db", "init"]);
    stack.ok(&["dms", "start"]);
    let consumer = Consumer::start(&stack);
    let report = stack.ok(&["verify", "--count", "20"]);
    assert_eq!(report["committed"], 20, "{report}");
    // The function signs in with a token for the cluster.
    stack.ok(&["sample", "insert", "--via", "api"]);
    let report = findings(&stack.ok(&["doctor"]));
    assert!(report.iter().all(|finding| finding["state"] != "failed"), "{report:#?}");
    let instances = report.iter().find(|finding| finding["check"] == "database instances").expect("a finding");
    assert!(instances["message"].as_str().is_some_and(|text| text.contains("writes")), "{instances}");

    refuses_an_upgrade(&stack, "the database is a cluster of Aurora");

    // A reader joins and leaves: neither loses data.
    stack.ok(&["deploy", "--yes", "--parameter", "DatabaseMultiAz=true"]);
    let found = clients.rds().describe_db_clusters().db_cluster_identifier(&name).send().await.expect("the cluster");
    let members = found.db_clusters().first().expect("the cluster").db_cluster_members().to_vec();
    assert_eq!(members.iter().filter(|member| member.is_cluster_writer() == Some(true)).count(), 1, "{members:?}");
    assert_eq!(members.len(), 2);
    stack.ok(&["deploy", "--yes", "--parameter", "DatabaseMultiAz=false"]);
    stack.ok(&["verify", "--count", "5"]);
    drop(consumer);

    let reason = refused(&clients, "other", WITHOUT_RANGE).await;
    assert!(reason.contains("Serverless v2 scaling configuration"), "{reason}");

    stack.ok(&["destroy", "--yes"]);
    let left = clients.rds().describe_db_clusters().send().await.expect("clusters");
    assert!(left.db_clusters().is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn provisioned_aurora_publishes_on_the_bus_and_its_capture_is_rebuilt() {
    let stack = Stack::up("aurora-provisioned");
    let clients = stack.clients();
    let parameters = "DatabaseEngine = \"aurora-postgresql\"\nAuroraClass = \"db.r7g.large\"\n";
    stack.write("outboxctl.toml", &format!("pipeline = \"rds-eventbridge\"\n[parameters]\n{parameters}"));
    stack.ok(&["deploy", "--yes"]);
    let name = stack.ok(&["outputs"])["DatabaseCluster"].as_str().expect("a cluster").to_owned();
    let found = clients.rds().describe_db_clusters().db_cluster_identifier(&name).send().await.expect("the cluster");
    let cluster = found.db_clusters().first().expect("the cluster");
    assert!(cluster.serverless_v2_scaling_configuration().is_none(), "{cluster:?}");
    let instances = clients.rds().describe_db_instances().send().await.expect("instances");
    let classes: Vec<_> = instances.db_instances().iter().filter_map(|one| one.db_instance_class()).collect();
    assert_eq!(classes, ["db.r7g.large"]);
    stack.ok(&["db", "init"]);
    stack.ok(&["dms", "start"]);
    assert_eq!(stack.ok(&["verify", "--count", "20"])["committed"], 20);

    // The slot is on the writer, and is lost with events that were not captured.
    stack.ok(&["dms", "stop"]);
    stack.ok(&["sample", "insert", "--count", "6", "--aggregates", "2"]);
    let lost = invalidate(&stack).await;
    let report = stack.ok(&["dms", "rebuild", "--yes", "--settle", "2s"]);
    assert_eq!(report["dropped"][0], lost.as_str(), "{report}");
    assert_eq!((&report["missing"], &report["out_of_order"]), (&0.into(), &0.into()), "{report}");
    stack.ok(&["verify", "--count", "5"]);
    stack.ok(&["reconcile", "--grace", "0", "--allow-duplicates"]);
    stack.ok(&["destroy", "--yes"]);
}
