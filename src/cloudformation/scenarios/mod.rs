//! The engine with a CloudFormation that scripts rare cases.

mod causes;
mod contests;
mod pipelines;
mod previews;
mod statuses;
mod wire;

use super::change_set::Desired;
use super::fake::{NAME, Server, Step, World, step};
use super::{Consent, Guard};

const CAREFUL: Guard = Guard { allow_replacement: false, consent: Consent::Never };
const BOLD: Guard = Guard { allow_replacement: true, consent: Consent::Given };

fn desired() -> Desired {
    Desired {
        name: NAME.into(),
        scope: "database".into(),
        template: "Resources: {Bucket: {Type: 'AWS::S3::Bucket'}}",
        parameters: vec![],
        tags: vec![],
        seen: None,
    }
}

/// Scripts the creation of a stack to fail over this resource.
fn fail_creation(world: &mut World, stack: &str, failure: Step) {
    let events = vec![step("stack", "CREATE_IN_PROGRESS", ""), failure, step("stack", "ROLLBACK_COMPLETE", "")];
    world.stack(stack).script("execute", events);
}

/// Returns the requests that change a stack, in order.
fn acts(server: &Server) -> Vec<String> {
    let acting = ["DeleteStack", "ExecuteChangeSet", "RollbackStack", "ContinueUpdateRollback", "CancelUpdateStack"];
    let world = server.world();
    world.calls.iter().map(|(_, action, _)| action.clone()).filter(|action| acting.contains(&action.as_str())).collect()
}
