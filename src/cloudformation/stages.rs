//! The stages of an account and region.

use std::collections::BTreeSet;

use crate::aws::Clients;
use crate::base::error::{AwsContext, Result};
use crate::pipelines::{self, Owner};

/// Returns the stages that have a stack of any pipeline.
pub async fn stages(clients: &Clients) -> Result<BTreeSet<String>> {
    let client = clients.fail_fast().cloudformation();
    let mut stacks = client.describe_stacks().into_paginator().items().send();
    let mut found = BTreeSet::new();
    while let Some(stack) = stacks.next().await {
        found.extend(stack.aws("list the stacks")?.stack_name().and_then(stage_of).map(str::to_owned));
    }
    Ok(found)
}

/// Returns the stage in a stack's name, `outboxctl-{stage}-{pipeline}-{stack}`.
fn stage_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("outboxctl-")?;
    let own = pipelines::ALL.iter().flat_map(|pipeline| pipeline.stacks.iter().map(move |stack| (pipeline, stack)));
    let mut own = own.filter(|(_, stack)| stack.owner == Owner::Pipeline);
    own.find_map(|(pipeline, stack)| {
        let stage = rest.strip_suffix(stack.name)?.strip_suffix('-')?.strip_suffix(pipeline.name)?.strip_suffix('-')?;
        Some(stage).filter(|stage| !stage.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::stage_of;

    #[test]
    fn stages_are_read_from_the_names_of_stacks() {
        assert_eq!(stage_of("outboxctl-dev-rds-kinesis-stream"), Some("dev"));
        assert_eq!(stage_of("outboxctl-pr-17-dynamodb-eventbridge-bus"), Some("pr-17"));
        for other in
            ["outboxctl-account", "outboxctl--rds-kinesis-stream", "shop-dev-rds-kinesis-stream", "outboxctl-dev"]
        {
            assert_eq!(stage_of(other), None, "{other}");
        }
    }
}
