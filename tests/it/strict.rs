//! What CloudFormation refuses on AWS, the local stack refuses in the same words.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus};
use outboxctl::aws::Clients;

use crate::support::api::eventually;
use crate::support::stack::Stack;

const VPC: &str = r#"{"Parameters":{"Range":{"Type":"String"}},
    "Resources":{"Vpc":{"Type":"AWS::EC2::VPC","Properties":{"CidrBlock":{"Ref":"Range"}}}}}"#;
const ROLE: &str = r#"{"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"named",
    "AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[]}}}}}"#;

fn parameter(name: &str, value: &str) -> Parameter {
    Parameter::builder().parameter_key(name).parameter_value(value).build()
}

/// Creates a stack; why it is refused, where it is.
async fn create(client: &Client, name: &str, template: &str, parameters: &[Parameter]) -> Option<String> {
    let request = client.create_stack().stack_name(name).template_body(template);
    let answer = request.set_parameters(Some(parameters.to_vec())).send().await;
    answer.err().map(|error| format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default()))
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudformation_refuses_what_aws_refuses() {
    let stack = Stack::up("strict");
    let clients = Clients::for_local(stack.state().local_endpoint()).await;
    let client = clients.cloudformation();
    let range = parameter("Range", "10.0.0.0/16");

    let unknown = create(&client, "unknown", VPC, &[range.clone(), parameter("Nope", "1")]).await;
    assert_eq!(unknown.as_deref(), Some("ValidationError: Parameters: [Nope] do not exist in the template"));
    let missing = create(&client, "missing", VPC, &[]).await;
    assert_eq!(missing.as_deref(), Some("ValidationError: Parameters: [Range] must have values"));
    let named = create(&client, "named", ROLE, &[]).await;
    assert_eq!(
        named.as_deref(),
        Some("InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]")
    );
    let request = client.create_stack().stack_name("acknowledged").template_body(ROLE);
    request.capabilities(Capability::CapabilityNamedIam).send().await.expect("accepted with the capability");

    // The default VPC is the first of five.
    let mut outcomes = Vec::new();
    for number in 0..5 {
        let name = format!("vpc-{number}");
        assert_eq!(create(&client, &name, VPC, std::slice::from_ref(&range)).await, None);
        outcomes.push(
            eventually("the stack's end", async || {
                let found = client.describe_stacks().stack_name(&name).send().await.expect("the stack");
                let status = found.stacks()[0].stack_status().expect("a status").clone();
                (!status.as_str().ends_with("IN_PROGRESS")).then_some(status)
            })
            .await,
        );
    }
    let created = outcomes.iter().filter(|status| **status == StackStatus::CreateComplete).count();
    assert_eq!((created, outcomes.last()), (4, Some(&StackStatus::RollbackComplete)), "{outcomes:?}");
}
