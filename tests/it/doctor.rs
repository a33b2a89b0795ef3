//! `doctor` on accounts as they are met: without rights, with a wrong clock, with nothing on offer, without a network.

use outboxctl_test_support::aws::{Asked, FakeAws, error_xml, result_xml};
use serde_json::Value;

use crate::support::World;

const IDENTITY: &str = "<Arn>arn:aws:sts::123456789012:assumed-role/deployer/ci</Arn><Account>123456789012</Account>";

/// Runs `doctor` there and returns its exit code and its findings.
fn examine(world: &World, endpoint: &str, args: &[&str]) -> (Option<i32>, Vec<Value>) {
    let mut command = world.command();
    command
        .args(["doctor", "--output", "ndjson", "--region", "eu-central-1", "--endpoint-url", endpoint])
        .args(args)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    let output = command.output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let last = lines.last().expect("a result line");
    assert_eq!(
        (last["type"].as_str(), last["exit_code"].as_i64()),
        (Some("result"), output.status.code().map(i64::from))
    );
    let out: Vec<&Value> = lines.iter().filter(|line| line["type"] == "finding").collect();
    let findings = last["data"]["findings"].as_array().expect("findings").clone();
    assert_eq!(out.len(), findings.len(), "every finding is out as it is made");
    (output.status.code(), findings)
}

fn state<'a>(findings: &'a [Value], check: &str) -> &'a str {
    let found = findings.iter().find(|finding| finding["check"] == check);
    found.and_then(|finding| finding["state"].as_str()).unwrap_or_else(|| panic!("no {check} in {findings:#?}"))
}

fn permits_nothing(asked: &Asked) -> Option<(u16, String)> {
    match (asked.service.as_str(), asked.operation.as_str()) {
        ("sts", operation) => Some((200, result_xml(operation, IDENTITY))),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_rights_is_not_reported_as_broken() {
    let aws = FakeAws::start(permits_nothing, None).await;
    let world = World::new();
    let (_, findings) = examine(&world, &aws.url, &[]);
    assert_eq!((state(&findings, "credentials"), state(&findings, "clock")), ("ok", "ok"));
    for check in ["permissions", "role dms-vpc-role", "database version", "DMS instance class", "quota: VPCs", "stacks"]
    {
        assert_eq!(state(&findings, check), "not-checked", "{findings:#?}");
    }
    // The test's executable is of this machine, which may be too new for Lambda: that is the one thing that may fail.
    let failed: Vec<_> =
        findings.iter().filter(|finding| finding["state"] == "failed").map(|finding| &finding["check"]).collect();
    assert!(failed.iter().all(|check| *check == "function executable"), "{failed:?}");
    assert!(aws.asked().contains(&"iam:SimulatePrincipalPolicy".to_owned()), "{:?}", aws.asked());
}

fn troubled(asked: &Asked) -> Option<(u16, String)> {
    let result = |text: &str| Some((200, result_xml(&asked.operation, text)));
    match (asked.service.as_str(), asked.operation.as_str()) {
        ("sts", _) => result(IDENTITY),
        ("iam", "GetRole") if asked.body.contains("dms-vpc-role") => result(
            "<Role><RoleName>dms-vpc-role</RoleName><RoleId>R</RoleId><Path>/</Path><Arn>arn:aws:iam::123456789012:role/dms-vpc-role</Arn>\
             <CreateDate>2024-01-01T00:00:00Z</CreateDate>\
             <AssumeRolePolicyDocument>%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D</AssumeRolePolicyDocument></Role>",
        ),
        ("iam", "GetRole") if asked.body.contains("dms-cloudwatch") => {
            Some((404, error_xml("NoSuchEntity", "not found")))
        }
        ("iam", "SimulatePrincipalPolicy") => result(
            "<IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>rds:CreateDBInstance</EvalActionName>\
             <EvalDecision>explicitDeny</EvalDecision></member></EvaluationResults>",
        ),
        ("rds", "DescribeDBEngineVersions") => result("<DBEngineVersions></DBEngineVersions>"),
        ("rds", "DescribeOrderableDBInstanceOptions") => result(
            "<OrderableDBInstanceOptions><OrderableDBInstanceOption><Engine>postgres</Engine><EngineVersion>17.2</EngineVersion>\
             <StorageType>gp2</StorageType></OrderableDBInstanceOption></OrderableDBInstanceOptions>",
        ),
        ("rds", "DescribeAccountAttributes") => result(
            "<AccountQuotas><AccountQuota><AccountQuotaName>DBInstances</AccountQuotaName><Used>40</Used><Max>40</Max>\
             </AccountQuota></AccountQuotas>",
        ),
        ("dms", "DescribeEngineVersions") => Some((200, r#"{"EngineVersions":[{"Version":"3.6.1"}]}"#.into())),
        ("dms", "DescribeOrderableReplicationInstances") => {
            Some((200, r#"{"OrderableReplicationInstances":[{"ReplicationInstanceClass":"dms.t3.large"}]}"#.into()))
        }
        ("dms", "DescribeAccountAttributes") => {
            Some((200, r#"{"AccountQuotas":[{"AccountQuotaName":"ReplicationInstances","Used":1,"Max":60}]}"#.into()))
        }
        ("lambda", _) => {
            Some((200, r#"{"AccountLimit":{"ConcurrentExecutions":10,"UnreservedConcurrentExecutions":10}}"#.into()))
        }
        ("servicequotas", _) => Some((200, r#"{"Quota":{"Value":5.0}}"#.into())),
        ("cloudcontrolapi", "ListResources") => {
            let vpcs = ["vpc-old", "vpc-far"]
                .map(|id| format!(r#"{{"Identifier":"{id}","Properties":"{{\"VpcId\":\"{id}\"}}"}}"#));
            Some((200, format!(r#"{{"TypeName":"AWS::EC2::VPC","ResourceDescriptions":[{}]}}"#, vpcs.join(","))))
        }
        ("cloudcontrolapi", "GetResource") => {
            let range = if asked.body.contains("vpc-old") { "10.42.16.0/20" } else { "172.31.0.0/16" };
            let properties = format!(r#"{{\"CidrBlock\":\"{range}\"}}"#);
            Some((200, format!(r#"{{"ResourceDescription":{{"Identifier":"v","Properties":"{properties}"}}}}"#)))
        }
        ("cloudformation", _) => Some((400, error_xml("ValidationError", "Stack does not exist"))),
        ("logs", "DescribeLogGroups") if asked.body.contains("/aws/events/") => {
            let groups = r#"{"logGroups":[{"logGroupName":"/aws/events/outboxctl-dev-rds-eventbridge"},
                             {"logGroupName":"/aws/events/outboxctl-dev-rds-eventbridge-two"}]}"#;
            Some((200, groups.into()))
        }
        ("logs", _) => Some((200, "{}".into())),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_of_an_account_is_reported_with_its_remedy() {
    let aws = FakeAws::start(troubled, Some("Fri, 20 Nov 2020 10:00:00 GMT")).await;
    let world = World::new();
    world.write("outboxctl.toml", "[parameters]\nShards = 900\nDatabaseClas = \"db.t4g.small\"\n");
    let (exit_code, findings) = examine(&world, &aws.url, &[]);
    assert_eq!(exit_code, Some(1));
    for (check, expected, word) in [
        ("clock", "failed", "NTP"),
        ("configuration", "failed", "[parameters]"),
        ("permissions", "failed", "policy"),
        ("role dms-vpc-role", "failed", "assume"),
        ("database version", "failed", "DatabaseVersion"),
        ("database class", "failed", "DatabaseClass"),
        ("DMS instance class", "failed", "dms.t3.large"),
        ("quota: databases", "warning", "Service Quotas"),
        ("quota: function concurrency", "warning", "WriterConcurrency"),
        ("address range", "warning", "VpcCidr"),
        ("leftovers: log groups", "failed", "delete-log-group"),
    ] {
        assert_eq!(state(&findings, check), expected, "{check}: {findings:#?}");
        let found = findings.iter().find(|finding| finding["check"] == check).expect("there");
        assert!(found["remedy"].as_str().is_some_and(|remedy| remedy.contains(word)), "{found}");
    }
    for check in ["role dms-cloudwatch-logs-role", "DMS versions", "quota: DMS", "quota: VPCs"] {
        assert_eq!(state(&findings, check), "ok", "{findings:#?}");
    }
    let text = |check: &str| {
        findings.iter().find(|finding| finding["check"] == check).map(|finding| finding["message"].to_string())
    };
    assert!(
        text("configuration").is_some_and(|said| said.contains("did you mean DatabaseClass?") && said.contains("500"))
    );
    assert!(text("permissions").is_some_and(|said| said.contains("rds:CreateDBInstance")));
    let ranges = text("address range").expect("there");
    assert!(ranges.contains("vpc-old (10.42.16.0/20)") && !ranges.contains("vpc-far"), "{ranges}");
    assert!(text("leftovers: log groups").is_some_and(|said| !said.contains("-two")), "another pipeline's is not ours");
}

#[tokio::test(flavor = "multi_thread")]
async fn aurora_is_checked_against_the_versions_that_rds_offers() {
    let aws = FakeAws::start(troubled, None).await;
    let world = World::new();
    world.write("outboxctl.toml", "[parameters]\nDatabaseEngine = \"aurora-postgresql\"\n");
    let (_, findings) = examine(&world, &aws.url, &[]);
    for (check, said) in [("database version", "Aurora PostgreSQL 17"), ("database class", "db.serverless")] {
        assert_eq!(state(&findings, check), "failed", "{check}: {findings:#?}");
        let found = findings.iter().find(|finding| finding["check"] == check).expect("there");
        assert!(found["message"].as_str().is_some_and(|message| message.contains(said)), "{found}");
    }
    let class = findings.iter().find(|finding| finding["check"] == "database class").expect("there");
    assert!(class["remedy"].as_str().is_some_and(|remedy| remedy.contains("AuroraClass")), "{class}");
    let quotas = findings.iter().filter(|finding| finding["check"] == "quota: databases");
    assert_eq!(quotas.count(), 2, "instances and clusters");
}

fn troubled_and_silent_on_networks(asked: &Asked) -> Option<(u16, String)> {
    if asked.service == "cloudcontrolapi" { None } else { troubled(asked) }
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_that_may_not_be_looked_at_are_not_checked() {
    let aws = FakeAws::start(troubled_and_silent_on_networks, None).await;
    let (_, findings) = examine(&World::new(), &aws.url, &[]);
    assert_eq!(state(&findings, "address range"), "not-checked");
    let found = findings.iter().find(|finding| finding["check"] == "address range").expect("there");
    assert!(found["message"].as_str().is_some_and(|said| said.contains("cloudformation:ListResources")), "{found}");
}

/// An existing network without VPC endpoints, of which EC2 shows nothing.
fn network_without_endpoints(asked: &Asked) -> Option<(u16, String)> {
    match (asked.service.as_str(), asked.operation.as_str()) {
        ("cloudcontrolapi", "ListResources") => {
            Some((200, r#"{"TypeName":"AWS::EC2::VPCEndpoint","ResourceDescriptions":[]}"#.into()))
        }
        ("cloudcontrolapi", "GetResource") => {
            let zone = if asked.body.contains("subnet-b") { "b" } else { "a" };
            let properties = format!(r#"{{\"VpcId\":\"vpc-1\",\"AvailabilityZone\":\"eu-central-1{zone}\"}}"#);
            Some((200, format!(r#"{{"ResourceDescription":{{"Identifier":"v","Properties":"{properties}"}}}}"#)))
        }
        ("ec2", _) => None,
        _ => troubled(asked),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_that_may_not_be_looked_at_are_not_checked() {
    let aws = FakeAws::start(network_without_endpoints, None).await;
    let world = World::new();
    let network = "network.vpc = \"vpc-1\"\nnetwork.private_subnets = [\"subnet-a\", \"subnet-b\"]\n";
    world.write("outboxctl.toml", &format!("[existing]\n{network}"));
    let (_, findings) = examine(&world, &aws.url, &[]);
    assert_eq!(state(&findings, "existing network"), "not-checked", "{findings:#?}");
    let found = findings.iter().find(|finding| finding["check"] == "existing network").expect("there");
    let said = "vpc-1 has no VPC endpoint for com.amazonaws.eu-central-1.kinesis-streams and";
    let message = found["message"].as_str().expect("a message");
    assert!(message.contains(said) && message.contains("UnauthorizedOperation"), "{found}");
}

fn full_of_vpcs(asked: &Asked) -> Option<(u16, String)> {
    if (asked.service.as_str(), asked.operation.as_str()) != ("cloudcontrolapi", "ListResources") {
        return troubled(asked);
    }
    let vpcs = (0..5).map(|number| format!(r#"{{"Identifier":"vpc-{number}"}}"#)).collect::<Vec<_>>().join(",");
    Some((200, format!(r#"{{"TypeName":"AWS::EC2::VPC","ResourceDescriptions":[{vpcs}]}}"#)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_with_as_many_vpcs_as_its_quota_is_a_warning() {
    let aws = FakeAws::start(full_of_vpcs, None).await;
    let (_, findings) = examine(&World::new(), &aws.url, &[]);
    let found = findings.iter().find(|finding| finding["check"] == "quota: VPCs").expect("there");
    assert_eq!(found["state"], "warning", "{found}");
    assert_eq!(found["message"], "5 of 5 VPCs are used");
}

fn refuses_credentials(asked: &Asked) -> Option<(u16, String)> {
    (asked.service == "sts").then(|| (403, error_xml("InvalidClientTokenId", "The security token is invalid")))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_it_exits_with_4_and_says_what_is_not_checked() {
    let aws = FakeAws::start(refuses_credentials, None).await;
    let (exit_code, findings) = examine(&World::new(), &aws.url, &[]);
    assert_eq!(exit_code, Some(4));
    assert_eq!((state(&findings, "credentials"), state(&findings, "other checks")), ("failed", "not-checked"));
    assert_eq!(state(&findings, "configuration"), "ok", "what is on the machine is checked all the same");
}

#[test]
fn without_a_network_it_ends_and_says_so() {
    // Nobody listens on a port that was just given back.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let (exit_code, findings) = examine(&World::new(), &format!("http://{closed}"), &["--timeout", "10"]);
    assert_eq!(exit_code, Some(1));
    assert_eq!(state(&findings, "network"), "failed");
}

#[test]
fn a_broken_file_is_a_finding_and_no_end() {
    let world = World::new();
    world.write("outboxctl.toml", "stagee = \"dev\"\n");
    let out = world.run(["doctor"]);
    assert!(out.starts_with("exit: 4\n"), "no region is set: {out}");
    assert!(out.contains("unknown field `stagee`") && out.contains("did you mean stage?"), "{out}");
}
