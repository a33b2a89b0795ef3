//! Links to a failure in the AWS console of the stack's partition.

use aws_sdk_cloudformation::types::StackEvent;

use crate::aws::arn::Arn;

/// The account of emulators: no console shows it.
const NO_ACCOUNT: &str = "000000000000";

/// Returns a link to the resource if it has a page, else to the stack's events. None for a partition without a public
/// console, and for an emulator's stack.
pub fn console(stack_id: &str, event: Option<&StackEvent>) -> Option<String> {
    let Arn { partition, region, account, .. } = Arn::parse(stack_id)?;
    if account == NO_ACCOUNT {
        return None;
    }
    let host = match partition {
        "aws" => format!("{region}.console.aws.amazon.com"),
        "aws-us-gov" => format!("{region}.console.amazonaws-us-gov.com"),
        "aws-cn" => format!("{region}.console.amazonaws.cn"),
        _ => return None,
    };
    let page = event.and_then(resource).map_or_else(
        || format!("/cloudformation/home?region={region}#/stacks/events?stackId={}", encoded(stack_id)),
        |(path, anchor)| format!("{path}?region={region}{anchor}"),
    );
    Some(format!("https://{host}{page}"))
}

/// Returns path and anchor of the resource's own page. A resource whose creation failed is already deleted by then.
fn resource(event: &StackEvent) -> Option<(&'static str, String)> {
    if event.resource_status()?.as_str() == "CREATE_FAILED" {
        return None;
    }
    let id = event.physical_resource_id().filter(|id| !id.is_empty())?;
    let id = encoded(id);
    Some(match event.resource_type()? {
        "AWS::RDS::DBCluster" => ("/rds/home", format!("#database:id={id};is-cluster=true")),
        "AWS::RDS::DBInstance" => ("/rds/home", format!("#database:id={id};is-cluster=false")),
        "AWS::Kinesis::Stream" => ("/kinesis/home", format!("#/streams/details/{id}/monitoring")),
        "AWS::Lambda::Function" => ("/lambda/home", format!("#/functions/{id}")),
        "AWS::DynamoDB::Table" => ("/dynamodbv2/home", format!("#table?name={id}")),
        "AWS::IAM::Role" => ("/iam/home", format!("#/roles/details/{id}")),
        "AWS::EC2::VPC" => ("/vpcconsole/home", format!("#VpcDetails:VpcId={id}")),
        "AWS::EC2::Subnet" => ("/vpcconsole/home", format!("#SubnetDetails:subnetId={id}")),
        "AWS::EC2::SecurityGroup" => ("/ec2/home", format!("#SecurityGroup:groupId={id}")),
        _ => return None,
    })
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceStatus;

    use super::*;

    fn event(kind: &str, status: ResourceStatus) -> StackEvent {
        let event = StackEvent::builder().stack_id("s").event_id("e").stack_name("s");
        let event = event.timestamp(aws_smithy_types::DateTime::from_secs(0));
        event.resource_type(kind).physical_resource_id("db/1").resource_status(status).build()
    }

    #[test]
    fn links_match_partition_and_resource() {
        let failed = event("AWS::RDS::DBInstance", ResourceStatus::UpdateFailed);
        assert_eq!(
            console("arn:aws:cloudformation:eu-west-1:123456789012:stack/x/1", Some(&failed)).unwrap(),
            "https://eu-west-1.console.aws.amazon.com/rds/home?region=eu-west-1#database:id=db%2F1;is-cluster=false"
        );
        let created = event("AWS::RDS::DBInstance", ResourceStatus::CreateFailed);
        assert_eq!(
            console("arn:aws-us-gov:cloudformation:us-gov-west-1:123456789012:stack/x/1", Some(&created)).unwrap(),
            "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudformation/home?region=us-gov-west-1#/stacks/events\
             ?stackId=arn%3Aaws-us-gov%3Acloudformation%3Aus-gov-west-1%3A123456789012%3Astack%2Fx%2F1"
        );
        assert!(
            console("arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/x/1", None)
                .unwrap()
                .contains("amazonaws.cn/")
        );
    }

    #[test]
    fn an_emulators_stack_and_an_unknown_partition_have_no_link() {
        assert_eq!(console("arn:aws:cloudformation:eu-west-1:000000000000:stack/x/1", None), None);
        assert_eq!(console("arn:aws-iso:cloudformation:us-iso-east-1:123456789012:stack/x/1", None), None);
        assert_eq!(console("set", None), None);
    }
}
