//! The account, endpoint and stack of a command, as chosen by flags, variables, files and profiles.

mod announce;
mod certificates;
mod codes;
mod endpoint;
mod existing;
mod file;
mod local;
mod profile;
mod region;
mod variables;

use outboxctl_test_support::aws::{Asked, FakeAws, error_xml, result_xml};
use std::process::Command;

use crate::support::World;

/// An account without stacks. STS hands out a role's credentials.
fn empty_account(asked: &Asked) -> Option<(u16, String)> {
    match (asked.service.as_str(), asked.operation.as_str()) {
        (_, "AssumeRole" | "AssumeRoleWithWebIdentity") => {
            let credentials = "<AccessKeyId>KEYOFROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>";
            let role = "<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn>\
                <AssumedRoleId>r:s</AssumedRoleId></AssumedRoleUser>";
            Some((200, result_xml(&asked.operation, &format!("<Credentials>{credentials}</Credentials>{role}"))))
        }
        ("sts", operation) => {
            let identity = "<Arn>arn:aws:iam::111122223333:user/u</Arn><Account>111122223333</Account>";
            Some((200, result_xml(operation, identity)))
        }
        ("cloudformation", _) => Some((400, error_xml("ValidationError", "Stack does not exist"))),
        _ => None,
    }
}

/// Keys in the environment, and a file of profiles.
fn with_keys(world: &World, profiles: &str) -> Command {
    let mut command = with_profiles(world, profiles);
    command.env("AWS_ACCESS_KEY_ID", "KEYOFSHELL").env("AWS_SECRET_ACCESS_KEY", "s");
    command
}

fn with_profiles(world: &World, profiles: &str) -> Command {
    world.write("config", profiles);
    let mut command = world.command();
    command.env("AWS_CONFIG_FILE", world.work().join("config")).env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command
}

/// Runs a command that sends a request to AWS, and returns its output.
fn transcript(world: &World, mut command: Command, args: &[&str]) -> String {
    world.transcript(&command.args(args).output().expect("the binary starts"))
}

async fn account() -> FakeAws {
    FakeAws::start(empty_account, None).await
}
