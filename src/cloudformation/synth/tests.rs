use super::*;
use crate::outbox::Layout;
use crate::pipelines::{self, Given, Home, Pipeline, Stack};
use crate::settings::{Existing, ExistingKey};

fn plan(name: &str, parameters: &[(&str, &str)]) -> Plan {
    existing(name, parameters, &Existing::default())
}

fn existing(name: &str, parameters: &[(&str, &str)], existing: &Existing) -> Plan {
    of_pipeline(pipelines::find(name).expect("a pipeline"), parameters, existing)
}

fn of_pipeline(pipeline: &'static Pipeline, parameters: &[(&str, &str)], existing: &Existing) -> Plan {
    let given = Given::new(existing, Home { region: "eu-central-1", account: "111122223333" });
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let choices = Choices {
        stage: "prod",
        region: Some("eu-central-1".to_owned()),
        protected: true,
        parameters: &parameters,
        given: &given,
        layout: Layout::default(),
        package: Package { key: Some("functions/0.zip".to_owned()), architecture: "arm64".to_owned() },
        certificate: Some("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n".to_owned()),
    };
    Plan::new(pipeline, &choices).expect("a plan")
}

#[test]
fn every_parameter_without_a_default_has_a_value_and_outputs_come_from_earlier_stacks() {
    for pipeline in pipelines::ALL {
        let plan = plan(pipeline.name, &[]);
        let mut earlier: Vec<&str> = Vec::new();
        for stack in &plan.stacks {
            let document: serde_yaml_ng::Value = serde_yaml_ng::from_str(stack.template).expect("YAML");
            for (name, fields) in document.get("Parameters").and_then(|all| all.as_mapping()).into_iter().flatten() {
                let name = name.as_str().expect("a name");
                let has_value = stack.parameters.contains_key(name) || fields.get("Default").is_some();
                assert!(has_value, "{} {}: {name} has no value", pipeline.name, stack.name);
            }
            for value in stack.parameters.values() {
                if let Value::Output { stack: from, .. } = value {
                    assert!(earlier.contains(from) && stack.depends_on.contains(from), "{}: {from}", stack.name);
                }
            }
            assert!(stack.depends_on.iter().all(|name| earlier.contains(name)), "{}", stack.name);
            earlier.push(stack.name);
        }
    }
}

/// CloudFormation refuses Fn::ImportValue in conditions, so that the CDK app has to know their results.
#[test]
fn conditions_on_outputs_only_compare_with_an_empty_text() {
    for pipeline in pipelines::ALL {
        for stack in &plan(pipeline.name, &[]).stacks {
            let lines = stack.template.lines().skip_while(|line| *line != "Conditions:").skip(1);
            for line in lines.take_while(|line| line.starts_with(' ') || line.is_empty()) {
                for (name, value) in &stack.parameters {
                    let is_used = line.contains(&format!("!Ref {name},"));
                    if is_used && matches!(value, Value::Output { .. }) {
                        let condition = line.trim().split(':').next().expect("a name");
                        assert!(stack.nonempty.contains_key(condition), "{} {line}", stack.name);
                    }
                }
            }
        }
    }
    let tables = plan("dynamodb-kinesis", &[]);
    let tables = tables.stack("tables").expect("a stack");
    assert_eq!(tables.nonempty["ToKinesis"], ("StreamArn".to_owned(), true));
    assert_eq!(tables.nonempty["ToDynamoDbStreams"], ("StreamArn".to_owned(), false));
    let app = &files(&plan("dynamodb-kinesis", &[]), Format::Cdk)["app.ts"];
    assert!(app.contains("getCondition(\"ToDynamoDbStreams\").expression = cdk.Fn.conditionEquals('true', 'false')"));
}

#[test]
fn own_values_and_the_choice_of_the_sample_reach_every_format() {
    let plan = plan("dynamodb-eventbridge", &[("WithSample", "false"), ("LogDays", "5")]);
    assert!(plan.stack("api").is_none(), "the sample's stack is left out");
    let with = |format, path: &str, part: &str| {
        let files = files(&plan, format);
        assert!(files[path].contains(part), "{path}: {part}\n{}", files[path]);
    };
    with(Format::Cloudformation, "parameters/consumer.json", "\"LogDays=5\"");
    with(Format::Cloudformation, "deploy.sh", "outboxctl:sample=left-out");
    with(Format::Terraform, "main.tf", "LogDays");
    with(Format::Cdk, "app.ts", "consumer.getParameter(\"LogDays\").default = \"5\";");
    for format in [Format::Cloudformation, Format::Terraform, Format::Cdk] {
        let tables = pipelines::find("dynamodb-eventbridge").unwrap().stack("tables").unwrap();
        with(format, "templates/tables.yaml", tables.template);
        with(format, "README.md", "PackageKey names");
    }
}

#[test]
fn roles_of_the_account_decide_about_its_stack() {
    assert_eq!(plan("rds-kinesis", &[]).stacks[0].deployed_if(), ["CreateDmsLogsRole", "CreateDmsVpcRole"]);
    let one = plan("rds-kinesis", &[("CreateDmsVpcRole", "true")]);
    assert_eq!(one.stacks[0].deployed_if(), [""; 0]);
    let none = plan("rds-kinesis", &[("CreateDmsVpcRole", "false"), ("CreateDmsLogsRole", "false")]);
    assert!(
        none.stack("account").is_none() && none.stack("dms").is_some_and(|dms| !dms.depends_on.contains(&"account"))
    );
}

#[test]
fn existing_resources_replace_their_stacks() {
    let plan = existing("rds-kinesis", &[], &[(ExistingKey::Stream, "orders")].into());
    assert!(plan.stack("stream").is_none());
    let arn = "arn:aws:kinesis:eu-central-1:111122223333:stream/orders".to_owned();
    let dms = plan.stack("dms").expect("a stack");
    assert_eq!(dms.parameters["StreamArn"], Value::Text(arn));
    assert!(!dms.depends_on.contains(&"stream"), "{:?}", dms.depends_on);
}

#[test]
fn texts_are_quoted_for_terraform() {
    assert_eq!(terraform::quoted("a\"b\\c\n${x} %{y} $z\u{1}"), "\"a\\\"b\\\\c\\n$${x} %%{y} $z\\u0001\"");
    assert_eq!(terraform::variable("CreateDmsVpcRole"), "create_dms_vpc_role");
}

/// No template of a pipeline has a secret parameter; this one has.
#[test]
fn a_secret_is_an_input_and_never_written() {
    const SECRET: Pipeline = Pipeline {
        name: "secret",
        stacks: &[Stack::new(
            "only",
            "Parameters:\n  Token: {Type: String, NoEcho: true}\nResources:\n  Role: {Type: AWS::IAM::Role}\n",
        )],
        ..*pipelines::ALL[0]
    };
    let plan = of_pipeline(&SECRET, &[("Token", "hunter2")], &Existing::default());
    assert_eq!(plan.stacks[0].capabilities, ["CAPABILITY_NAMED_IAM"]);
    for format in [Format::Cloudformation, Format::Terraform, Format::Cdk] {
        let files = files(&plan, format);
        assert!(files.values().all(|text| !text.contains("hunter2")), "{format:?}");
        assert!(files.values().any(|text| text.contains("Token") || text.contains("token")), "{format:?}");
    }
    assert!(files(&plan, Format::Terraform)["variables.tf"].contains("sensitive   = true"));
    assert!(files(&plan, Format::Cloudformation)["deploy.sh"].contains("${Token:?set Token}"));
}
