//! Templates, pipelines and code say the same: parameters, outputs, routes, rights and variables.

mod behavior;
mod document;
mod engines;
mod keys;
pub mod source;

use std::collections::BTreeSet;

use outboxctl::internals::functions::rights::{FUNCTIONS, Function};
use outboxctl::internals::pipelines::{self, Pipeline, Source, Stack};
use serde_json::Value;

use document::{Document, fixed, many, names};
use outboxctl_test_support::schemas::{self, Api};

/// Actions that IAM allows on everything or on nothing (Service Authorization Reference: no resource type).
const WITHOUT_RESOURCE: &[&str] = &["cloudformation:ListStacks", "dynamodb:ListStreams", "ec2:DescribeSubnets"];

/// An IAM action, and the resources on which it is allowed.
type Right = (String, String);

fn function(handler: &str) -> &'static Function {
    FUNCTIONS.iter().find(|function| function.handler == handler).unwrap_or_else(|| panic!("no function {handler}"))
}

/// Every stack of every pipeline.
fn stacks() -> impl Iterator<Item = (&'static Pipeline, &'static Stack)> {
    pipelines::ALL.iter().flat_map(|pipeline| pipeline.stacks.iter().map(|stack| (*pipeline, stack)))
}

/// The statements of a policy, as rights, without those to KMS keys (`keys.rs`): the services use them.
fn rights(policy: &Value) -> BTreeSet<Right> {
    let mut found = BTreeSet::new();
    for statement in policy["Statement"].as_array().expect("statements") {
        assert_eq!(statement["Effect"], "Allow");
        for action in many(&statement["Action"]) {
            let action = action.as_str().expect("an action");
            if action.starts_with("kms:") {
                continue;
            }
            assert!(!action.contains('*'), "{action}");
            for resource in many(&statement["Resource"]) {
                let everything = *resource == "*";
                assert_eq!(everything, WITHOUT_RESOURCE.contains(&action), "{action} on {resource}");
                let on: Vec<String> = names(resource).into_iter().collect();
                found.insert((action.to_owned(), if everything { "*".to_owned() } else { on.join(" ") }));
            }
        }
    }
    found
}

/// Returns the rights that Lambda needs from the function's role, for its event source mapping, destinations and network
/// (the pages on event source mappings of Kinesis and DynamoDB, and on destinations, in the Lambda developer guide).
fn services(document: &Document, name: &str, function: &Value, handler: &str) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    let mut everywhere = BTreeSet::new();
    // "Configuring a Lambda function to access resources in a VPC"; the managed policy gives the others.
    if function.get("VpcConfig").is_some() {
        everywhere.insert(("ec2:DescribeSubnets".to_owned(), "*".to_owned()));
    }
    let mut give = |actions: &[&str], on: &Value| {
        let on = names(on).into_iter().next().expect("a name");
        rights.extend(actions.iter().map(|action| ((*action).to_owned(), on.clone())));
    };
    give(&["logs:CreateLogStream", "logs:PutLogEvents"], &function["LoggingConfig"]["LogGroup"]);
    let is_mine = |properties: &&Value| names(&properties["FunctionName"]).contains(name);
    for mapping in document.of_type("AWS::Lambda::EventSourceMapping").map(|(_, m)| m).filter(is_mine) {
        let kinesis = ["DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"];
        let dynamodb = ["DescribeStream", "GetRecords", "GetShardIterator"];
        let (service, actions) =
            if handler.starts_with("forwarder") { ("dynamodb", &dynamodb[..]) } else { ("kinesis", &kinesis[..]) };
        let actions: Vec<String> = actions.iter().map(|action| format!("{service}:{action}")).collect();
        give(&actions.iter().map(String::as_str).collect::<Vec<_>>(), &mapping["EventSourceArn"]);
        if service == "dynamodb" {
            everywhere.insert(("dynamodb:ListStreams".to_owned(), "*".to_owned()));
        }
        // The destination is a bucket, whose payloads are put by Lambda as well as by the function itself.
        give(&["s3:ListBucket", "s3:PutObject"], &mapping["DestinationConfig"]["OnFailure"]["Destination"]);
    }
    for retries in document.of_type("AWS::Lambda::EventInvokeConfig").map(|(_, m)| m).filter(is_mine) {
        give(&["sqs:SendMessage"], &retries["DestinationConfig"]["OnFailure"]["Destination"]);
    }
    rights.extend(everywhere);
    rights
}

#[test]
fn every_function_has_the_rights_that_it_uses_and_no_other() {
    let mut deployed = BTreeSet::new();
    for (pipeline, stack) in stacks() {
        let document = Document::of(stack);
        for (name, properties) in document.of_type("AWS::Lambda::Function") {
            let handler = fixed(stack, &properties["Handler"]);
            let at = format!("{}/{}/{name} ({handler})", pipeline.name, stack.name);
            let function = function(&handler);
            deployed.insert(function.handler);

            let role = names(&properties["Role"]).into_iter().next().expect("a role");
            let role = &document.resources[&role]["Properties"];
            let given: BTreeSet<Right> = role["Policies"]
                .as_array()
                .expect("policies")
                .iter()
                .flat_map(|p| rights(&p["PolicyDocument"]))
                .collect();
            let mut used = services(&document, name, properties, &handler);
            used.extend(function.calls.iter().map(|(action, on)| ((*action).to_owned(), (*on).to_owned())));
            assert_eq!(given, used, "{at}: given on the left, used on the right");

            // Being in a network takes rights of its own, which AWS keeps a policy of.
            let managed: Vec<_> = role["ManagedPolicyArns"].as_array().into_iter().flatten().collect();
            let in_network = properties.get("VpcConfig").is_some();
            assert_eq!(managed.len(), usize::from(in_network), "{at}");
            assert!(managed.iter().all(|arn| arn.to_string().contains("AWSLambdaENIManagementAccess")), "{at}");

            let variables = properties["Environment"]["Variables"].as_object().expect("variables");
            let given: BTreeSet<&str> = variables.keys().map(String::as_str).collect();
            let required: BTreeSet<&str> = function.required.iter().copied().collect();
            let known: BTreeSet<&str> = required.iter().chain(function.optional).copied().collect();
            assert!(given.is_superset(&required), "{at} lacks {:?}", required.difference(&given));
            assert!(given.is_subset(&known), "{at} is out {:?} and does not look", given.difference(&known));
            assert!(variables.values().all(|value| *value != ""), "{at}: an empty variable");
        }
    }
    let all: BTreeSet<&str> = FUNCTIONS.iter().map(|function| function.handler).collect();
    assert_eq!(deployed, all, "deployed on the left, in the table on the right");
}

#[test]
fn the_long_running_consumer_has_the_rights_that_it_uses_and_no_other() {
    let (_, stack) = stacks().find(|(_, stack)| stack.name == "leases").expect("the stack of leases");
    let policy = Document::of(stack).resources["ConsumerPolicy"]["Properties"]["PolicyDocument"].clone();
    let given: BTreeSet<String> = rights(&policy).into_iter().map(|(action, _)| action).collect();
    // It looks the pipeline's stacks up, and signs its way into the database.
    let mut used = BTreeSet::from(["cloudformation:DescribeStacks".to_owned(), "rds-db:connect".to_owned()]);
    for file in ["consumer/lease/dynamodb.rs", "streams/kinesis/mod.rs", "streams/kinesis/source.rs"] {
        used.extend(source::calls(file));
    }
    assert_eq!(given, used, "given on the left, used on the right");
}

/// The private subnets reach AWS only through their endpoints, whose policies must also allow the consumer's calls.
#[test]
fn the_long_running_consumer_reaches_what_it_uses_from_the_private_subnets() {
    let of = |wanted: &str| {
        let pipeline = pipelines::find("rds-kinesis").expect("the pipeline");
        Document::of(pipeline.stack(wanted).unwrap_or_else(|| panic!("no stack {wanted}")))
    };
    let policy = of("leases").resources["ConsumerPolicy"]["Properties"]["PolicyDocument"].clone();
    // The database is in the network itself.
    let used = rights(&policy).into_iter().map(|(action, _)| action).filter(|action| action != "rds-db:connect");
    let used: BTreeSet<String> = used.collect();
    let network = of("network");
    let mut open = BTreeSet::new();
    for (name, endpoint) in network.of_type("AWS::EC2::VPCEndpoint") {
        let service = endpoint["ServiceName"].to_string();
        for (action, _) in rights(&endpoint["PolicyDocument"]) {
            let of_service = action.split(':').next().expect("a service");
            assert!(service.contains(of_service), "{name} lets {action} through, which goes elsewhere");
            open.insert(action);
        }
    }
    let missing: Vec<_> = used.difference(&open).collect();
    assert!(missing.is_empty(), "no endpoint lets through {missing:?}");
    let group = "ConsumerSecurityGroup";
    for behind in ["DatabaseSecurityGroup", "EndpointSecurityGroup"] {
        let rules = &network.resources[behind]["Properties"]["SecurityGroupIngress"];
        assert!(names(rules).contains(group), "{behind} does not let consumers in");
    }
}

#[test]
fn the_table_of_rights_matches_the_source() {
    let mut files = BTreeSet::new();
    for function in FUNCTIONS {
        let said: BTreeSet<String> = function.calls.iter().map(|(action, _)| (*action).to_owned()).collect();
        let made: BTreeSet<String> = function.sources.iter().flat_map(|file| source::calls(file)).collect();
        assert_eq!(said, made, "{}: in the table on the left, called on the right", function.handler);
        files.extend(function.sources.iter().map(|file| (*file).to_owned()));
    }
    let calling: BTreeSet<String> = ["functions", "aws/dynamodb"]
        .into_iter()
        .flat_map(source::files)
        // The reader of table streams is `tail`'s and the local stack's; no function has it.
        .filter(|file| file != "aws/dynamodb/stream.rs")
        .filter(|file| !source::calls(file).is_empty())
        .collect();
    assert_eq!(files, calling, "files of the table on the left, files that call AWS on the right");

    let read: BTreeSet<String> = source::files("functions").iter().flat_map(|file| source::variables(file)).collect();
    let known = FUNCTIONS.iter().flat_map(|function| function.required.iter().chain(function.optional));
    // Lambda's own, which names the function.
    let known: BTreeSet<String> = known.map(|name| (*name).to_owned()).chain(["_HANDLER".to_owned()]).collect();
    assert_eq!(read, known, "variables that the source reads on the left, those of the table on the right");
}

#[test]
fn parameters_have_a_value_and_outputs_a_reader() {
    // The program does not read outputs that only other stacks use.
    let code = source::all_text().replace("Source::Output(Output::", "");
    let is_read = |output: &str| {
        code.split(&format!("Output::{output}")).skip(1).any(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    for (pipeline, stack) in stacks() {
        let at = format!("{}/{}", pipeline.name, stack.name);
        let document = Document::of(stack);
        for (name, parameter) in &document.parameters {
            let given = stack.parameters.iter().any(|(given, _)| given == name);
            assert!(given || parameter.get("Default").is_some(), "{at}: {name} has no value");
        }
        for output in document.outputs.keys() {
            let taken = pipeline.stacks.iter().flat_map(|stack| stack.parameters);
            let taken =
                taken.into_iter().any(|(_, source)| matches!(source, Source::Output(taken) if taken.name() == output));
            assert!(
                taken || is_read(output) || FOR_PEOPLE.contains(&output.as_str()),
                "{at}: no stack reads the output {output}"
            );
        }
    }
}

/// DMS counts two bytes for each character of a payload ("NCLOB … max_num_chars_text multiplied by 2").
#[test]
fn the_capture_takes_every_payload_that_the_outbox_accepts() {
    let schema = std::fs::read_to_string(crate::support::repository().join("schema/postgres/0001_outbox.sql"));
    let schema = schema.expect("the schema");
    let (_, limit) = schema.split_once("octet_length(payload::text) <= ").expect("the limit");
    let limit: u64 = limit.split(')').next().and_then(|digits| digits.parse().ok()).expect("a number");
    let captures: Vec<_> = stacks().filter(|(_, stack)| stack.name == "dms").collect();
    assert!(!captures.is_empty());
    for (pipeline, stack) in captures {
        let kilobytes =
            Document::of(stack).parameters["MaximumPayloadKilobytes"]["Default"].as_u64().expect("a number");
        assert!(2 * limit <= kilobytes * 1024, "{}: LobMaxSize {kilobytes} KB for {limit} bytes", pipeline.name);
    }
}

/// Outputs that nothing here reads, with who does.
const FOR_PEOPLE: &[&str] = &[
    // For access policies of the API's callers, and metrics.
    "ApiId",
    // For dashboards: replication metrics have its name.
    "ReplicationInstanceArn",
    "TaskId",
    // For queries of the application.
    "DatabaseReaderEndpoint",
    // To attach to whatever runs `outboxctl consume`.
    "ConsumerPolicyArn",
    "ConsumerSecurityGroupId",
    // For endpoints, functions and tools of the user's own in the pipeline's network.
    "VpcId",
    // For the routes to a peered VPC.
    "DatabaseRouteTableId",
    // The events that the sample's receiver processed, and those that it refused.
    "ConsumerFunction",
    "InboxTable",
    "UndeliveredQueue",
];

/// A stopped task reports no latency, and raises no event of the category `failure`.
#[test]
fn a_capture_that_stops_without_a_failure_notifies_like_one_that_is_late() {
    for pipeline in pipelines::ALL {
        let Some(stack) = pipeline.stack("dms") else { continue };
        let dms = Document::with(stack, &[("AlarmTopicArn", "arn:aws:sns:eu-west-1:111122223333:on-call")]);
        let alarm = &dms.resources["SourceLatencyAlarm"]["Properties"];
        assert!(alarm["AlarmActions"].is_array(), "{}: {alarm}", pipeline.name);
        assert_eq!(alarm["InsufficientDataActions"], alarm["AlarmActions"], "{}", pipeline.name);
    }
}

#[test]
fn routes_are_the_documented_ones() {
    let mut documented = schemas::names("openapi");
    for (pipeline, stack) in stacks() {
        let document = Document::of(stack);
        let routes: BTreeSet<(String, String)> = document
            .of_type("AWS::ApiGatewayV2::Route")
            .filter_map(|(_, route)| route["RouteKey"].as_str().filter(|key| *key != "$default"))
            .map(|key| {
                let (method, path) = key.split_once(' ').expect("a route");
                (path.to_owned(), method.to_lowercase())
            })
            .collect();
        if routes.is_empty() {
            continue;
        }
        let (_, writer) =
            document.of_type("AWS::Lambda::Function").find(|(name, _)| *name == "Writer").expect("a writer");
        let handler = fixed(stack, &writer["Handler"]);
        let name = handler.strip_prefix("api.").expect("a route's function");
        assert_eq!(routes, Api::load(&format!("openapi/{name}.json")).operations(), "{}", pipeline.name);
        documented.remove(name);

        // API Gateway may call the function for these routes and no other.
        let allowed: BTreeSet<(String, String)> = document
            .of_type("AWS::Lambda::Permission")
            .filter(|(_, permission)| permission["Principal"] == "apigateway.amazonaws.com")
            .filter_map(|(_, permission)| permission["SourceArn"]["!Sub"].as_str()?.split_once("${Api}/*/"))
            // The function also answers paths without a route.
            .filter(|(_, route)| *route != "$default")
            .map(|(_, route)| {
                let (method, path) = route.split_once('/').expect("a route");
                (format!("/{}", path.replace('*', "{id}")), method.to_lowercase())
            })
            .collect();
        assert_eq!(allowed, routes, "{}", pipeline.name);
    }
    assert!(documented.is_empty(), "documented and not deployed: {documented:?}");
}
