//! The engine with a CloudFormation that scripts rare cases.

mod causes;
mod contests;
mod pipelines;
mod previews;
mod statuses;
mod wire;

use super::change_set::Desired;
use super::fake::{NAME, Server};
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

/// Returns the requests that change a stack, in order.
fn acts(server: &Server) -> Vec<String> {
    let acting = ["DeleteStack", "ExecuteChangeSet", "RollbackStack", "ContinueUpdateRollback", "CancelUpdateStack"];
    let world = server.world();
    world.calls.iter().map(|(_, action, _)| action.clone()).filter(|action| acting.contains(&action.as_str())).collect()
}
