//! An existing network and database.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::types::Capability;
use outboxctl::internals::aws::Clients;
use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Target, connect};
use serde_json::{Value, json};

use super::status;
use crate::aurora::refuses_an_upgrade;
use crate::support::blocks;
use crate::support::stack::Stack;

/// Creates the application's resources, and returns the outputs of its stack.
pub(super) async fn shop(clients: &Clients) -> BTreeMap<String, String> {
    let client = clients.cloudformation();
    let create = client.create_stack().stack_name("shop").template_body(include_str!("shop.yaml"));
    create.capabilities(Capability::CapabilityNamedIam).send().await.expect("a stack");
    loop {
        let answer = client.describe_stacks().stack_name("shop").send().await.expect("an answer");
        let stack = answer.stacks().first().expect("the stack").clone();
        match stack.stack_status().map(|status| status.as_str()) {
            Some("CREATE_COMPLETE") => {
                let outputs = stack.outputs().iter();
                return outputs.filter_map(|o| Some((o.output_key()?.into(), o.output_value()?.into()))).collect();
            }
            Some("CREATE_IN_PROGRESS") => tokio::time::sleep(Duration::from_millis(200)).await,
            other => {
                let events = client.describe_stack_events().stack_name("shop").send().await.expect("events");
                panic!("{other:?}: {:#?}", events.stack_events());
            }
        }
    }
}

/// A file of the how-to with these values.
pub(super) fn file(block: usize, values: &BTreeMap<String, String>) -> String {
    let mut text = blocks("existing", "toml")[block].clone();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    assert!(!text.contains('{'), "{text}");
    text
}

/// Creates a replication instance, and returns its ARN.
pub(super) async fn replication_instance(clients: &Clients, shop: &BTreeMap<String, String>) -> String {
    let trust = r#"{"Statement": [{"Effect": "Allow", "Principal": {"Service": "dms.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
    let (iam, dms) = (clients.iam(), clients.dms());
    for (role, policy) in
        [("dms-vpc-role", "AmazonDMSVPCManagementRole"), ("dms-cloudwatch-logs-role", "AmazonDMSCloudWatchLogsRole")]
    {
        iam.create_role().role_name(role).assume_role_policy_document(trust).send().await.expect("a role");
        let arn = format!("arn:aws:iam::aws:policy/service-role/{policy}");
        iam.attach_role_policy().role_name(role).policy_arn(arn).send().await.expect("its policy");
    }
    let group = dms.create_replication_subnet_group().replication_subnet_group_identifier("shop");
    let group = group.replication_subnet_group_description("capture").subnet_ids(&shop["SubnetA"]);
    group.subnet_ids(&shop["SubnetB"]).send().await.expect("a subnet group");
    let instance = dms.create_replication_instance().replication_instance_identifier("shop");
    let instance = instance.replication_instance_class("dms.t3.medium").engine_version("3.6.1");
    let instance = instance.replication_subnet_group_identifier("shop").vpc_security_group_ids(&shop["DmsGroup"]);
    let made = instance.send().await.expect("an instance").replication_instance.expect("its description");
    let arn = made.replication_instance_arn.expect("an ARN");
    loop {
        let answer = dms.describe_replication_instances().send().await.expect("an answer");
        let status = answer.replication_instances().first().and_then(|one| one.replication_instance_status());
        if status == Some("available") {
            return arn;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Returns the state of the application's resources that a command could change.
pub(super) async fn described(clients: &Clients) -> Value {
    let cloud = clients.cloudformation();
    let resources = cloud.describe_stack_resources().stack_name("shop").send().await.expect("resources");
    let database = clients.rds().describe_db_instances().db_instance_identifier("shop").send().await.expect("database");
    let instances = clients.dms().describe_replication_instances().send().await.expect("instances");
    let mut kept = Vec::new();
    for kind in ["AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::SecurityGroup", "AWS::EC2::VPCEndpoint"] {
        let listed = clients.cloud_control().list_resources().type_name(kind).send().await.expect("a list");
        for one in listed.resource_descriptions() {
            let id = one.identifier().unwrap_or_default();
            let found = clients.cloud_control().get_resource().type_name(kind).identifier(id).send().await.expect("it");
            kept.push(format!("{:?}", found.resource_description));
        }
    }
    kept.sort();
    json!({
        "resources": format!("{:?}", resources.stack_resources),
        "database": format!("{:?}", database.db_instances),
        "capture": format!("{:?}", instances.replication_instances),
        "network": kept,
    })
}

/// Returns a connection to the application's database, as its owner.
pub(super) async fn owner(stack: &Stack, clients: &Clients, shop: &BTreeMap<String, String>) -> tokio_postgres::Client {
    let secret = clients.secrets().get_secret_value().secret_id(&shop["Secret"]).send().await.expect("the secret");
    let roots = Roots::File(stack.state().postgres.ca_file);
    let port = shop["Port"].parse().expect("a port");
    let owner = Target::from_secret(secret.secret_string().unwrap_or_default(), &shop["Endpoint"], port, "shop", roots);
    connect(&owner.expect("a target")).await.expect("the owner")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_network_and_database_are_used_and_left_as_they_were() {
    let mut stack = Stack::up("existing-database");
    let clients = stack.clients();
    let mut shop = shop(&clients).await;
    shop.insert("ReplicationInstance".to_owned(), replication_instance(&clients, &shop).await);
    let text = file(2, &shop);
    let found = stack.ok(&["init", "--from-existing"]);
    assert_eq!(found["candidates"]["network.vpc"][0]["value"], shop["VpcId"].as_str(), "{found}");
    let written = stack.read("outboxctl.toml");
    for line in ["database.identifier = \"shop\"", "database.name = \"shop\""] {
        assert!(written.lines().any(|other| other == line), "{line}: {written}");
    }
    assert_eq!(stack.fails(2, &["init", "--from-existing"])["error"]["code"], "usage", "the file is not replaced");
    let owner = owner(&stack, &clients, &shop).await;
    owner.batch_execute("CREATE TABLE invoices (id int); INSERT INTO invoices VALUES (7)").await.expect("a table");
    let before = described(&clients).await;

    let bare =
        clients.secrets().create_secret().name("bare").secret_string(r#"{"username": "shop_owner", "password": "x"}"#);
    let bare = bare.send().await.expect("a secret").arn.expect("its ARN");
    // Every mistake is reported at once, and nothing is made.
    let wrong = text
        .replace(&shop["SubnetB"], &shop["OtherSubnet"])
        .replace(&shop["DatabaseGroup"], &shop["ClosedGroup"])
        .replace(&shop["ResourceId"], "db-OTHER")
        .replace(&shop["Secret"], &bare);
    stack.write("outboxctl.toml", &wrong);
    let refused = stack.fails(2, &["deploy", "--yes"]);
    let message = refused["error"]["message"].as_str().expect("a message");
    for said in ["one availability zone", "network.vpc is", "database.resource_id is db-OTHER", "has no host, port"] {
        assert!(message.contains(said), "{said}: {message}");
    }
    stack.write("outboxctl.toml", &text.replace(&shop["DatabaseGroup"], &shop["ClosedGroup"]));
    let refused = stack.fails(2, &["deploy", "--yes"]);
    let hints = refused["error"]["hints"].to_string();
    assert!(hints.contains("authorize-security-group-ingress") && hints.contains(&shop["DmsGroup"]), "{refused}");
    let proxy = text.replace(&shop["Endpoint"], "shop.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com");
    stack.write("outboxctl.toml", &proxy);
    let refused = stack.fails(2, &["deploy", "--yes"]);
    assert!(refused["error"]["message"].as_str().is_some_and(|text| text.contains("RDS Proxy")), "{refused}");
    let incomplete: String =
        text.lines().filter(|line| !line.starts_with("network.")).map(|l| format!("{l}\n")).collect();
    stack.write("outboxctl.toml", &incomplete);
    let refused = stack.fails(2, &["deploy", "--yes"]);
    assert!(refused["error"]["hints"].to_string().contains("network.private_subnets"), "{refused}");
    assert_eq!(described(&clients).await, before);

    stack.write("outboxctl.toml", &text);
    // The roles of DMS exist, so that the stack of the account has nothing to create.
    let preview = stack.command(&["deploy", "--dry-run", "--without-sample"]).output().expect("the binary starts");
    let preview = String::from_utf8_lossy(&preview.stderr).into_owned();
    let to_create = preview.lines().find(|line| line.starts_with("to create:"));
    assert!(to_create.is_some_and(|line| line.contains("stream") && !line.contains("account")), "{preview}");
    stack.follow(&blocks("existing", "sh")[1]);
    for replaced in ["network", "database"] {
        assert_eq!(status(&stack, &[], replaced), "existing, left alone");
    }
    assert!(!stack.changed(&["deploy", "--yes"]), "a second deploy changes nothing");
    let report = stack.ok(&["doctor"]);
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["state"] != "failed"), "{findings:#?}");
    assert!(findings.iter().any(|finding| finding["check"] == "existing network"), "{findings:#?}");
    refuses_an_upgrade(&stack, "the database is an existing one");
    // The instance of DMS and the database have the names of their owner in the dimensions of metrics.
    let alarms = clients.cloudwatch().describe_alarms().send().await.expect("the alarms");
    for (metric, name, value) in [
        ("CDCLatencySource", "ReplicationInstanceIdentifier", "shop"),
        ("CDCLatencyTarget", "ReplicationInstanceIdentifier", "shop"),
        ("OldestReplicationSlotLag", "DBInstanceIdentifier", "shop"),
    ] {
        let alarm = alarms.metric_alarms().iter().find(|alarm| alarm.metric_name() == Some(metric));
        let dimensions = alarm.unwrap_or_else(|| panic!("{metric}: {alarms:?}")).dimensions();
        assert!(dimensions.iter().any(|one| one.name() == Some(name) && one.value() == Some(value)), "{dimensions:?}");
    }

    // The same pipeline in the eyes of a user whose pipeline other tools made: there is no stack in this stage.
    let outputs = stack.ok(&["outputs"]);
    let outputs = outputs.as_object().expect("outputs").iter();
    let outputs = outputs.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    let outputs: BTreeMap<String, String> = outputs.collect();
    stack.write("outboxctl.toml", &file(4, &outputs));
    stack.set("OUTBOXCTL_STAGE", "theirs");
    stack.follow(&blocks("existing", "sh")[2]);
    // The events of that verify, at every hop that the file names.
    for hop in ["stream", "log"] {
        let items = stack.tail(&[hop], 20, &["--where", "content=='event'"]);
        let events = items.iter().filter(|item| item["hop"] == hop && item["content"] == "event").count();
        assert_eq!(events, 20, "{hop}");
    }
    let hops = stack.ok(&["status"])["hops"].as_array().expect("hops").clone();
    let hops: Vec<_> = hops.iter().map(|hop| (hop["hop"].as_str(), hop["state"].as_str())).collect();
    let names = ["database", "capture", "stream", "bus", "log"];
    assert_eq!(hops, names.map(|name| (Some(name), Some("ok"))));
    // The task of other tools is started and stopped, and not changed.
    assert_eq!(stack.ok(&["dms", "stop"])["status"], "stopped");
    assert_eq!(stack.fails(2, &["dms", "rebuild", "--yes"])["error"]["code"], "usage");
    stack.ok(&["dms", "start"]);
    assert_eq!(stack.ok(&["dms", "status"])["status"], "running");
    // The same for a bus and functions of outboxctl behind it: `destroy` leaves the task running.
    let network_and_database = text.lines().filter(|line| !line.starts_with("replication_instance"));
    let network_and_database: String = network_and_database.map(|line| format!("{line}\n")).collect();
    let stream_and_task = format!("stream = \"{}\"\ntask = \"{}\"\n", outputs["StreamName"], outputs["TaskArn"]);
    let at = network_and_database.find("network.").expect("the keys of the network");
    let (head, tail) = network_and_database.split_at(at);
    stack.write("outboxctl.toml", &format!("{head}{stream_and_task}{tail}"));
    stack.ok(&["deploy", "--yes", "--without-sample"]);
    assert_eq!(status(&stack, &[], "dms"), "existing, left alone");
    stack.ok(&["verify", "--count", "20"]);
    stack.ok(&["destroy", "--yes"]);
    assert_eq!(stack.ok(&["dms", "status"])["status"], "running");
    stack.unset("OUTBOXCTL_STAGE");

    stack.write("outboxctl.toml", &text);
    stack.ok(&["destroy", "--yes"]);
    assert_eq!(described(&clients).await, before);
    let row = owner.query_one("SELECT id, (SELECT count(*) FROM pg_replication_slots) FROM invoices", &[]).await;
    let row = row.expect("the database is as it was");
    assert_eq!((row.get::<_, i32>(0), row.get::<_, i64>(1)), (7, 0), "no slot retains its log");
}
