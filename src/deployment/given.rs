//! The existing resources of a deployment.

use crate::aws::{Clients, account, dms};
use crate::base::error::{Error, Kind, Result};
use crate::pipelines::{Given, GivenTask, Home, Output, Pipeline, objections};
use crate::settings::{FILE_NAME, Origin, Settings};

/// Returns the outputs that `[existing]` stands for. Asks STS for the account only if there are any.
///
/// # Errors
/// `Config` with all values that the pipeline can't use, and those of STS.
pub(super) async fn given(clients: &Clients, pipeline: &Pipeline, settings: &Settings) -> Result<Given> {
    let existing = &settings.existing;
    if existing.is_empty() {
        return Ok(Given::default());
    }
    let home = Home { region: clients.region(), account: account::number(clients).await? };
    let found = objections(pipeline, existing, home);
    if found.is_empty() {
        return Ok(with_task(clients, Given::new(existing, home)).await);
    }
    let texts: Vec<_> = found.iter().map(|one| format!("{}: {}", existing.described(one.key), one.text)).collect();
    let of_file = found.iter().all(|one| existing.origin(one.key) == Origin::File);
    let place = if of_file { format!("[existing] in {FILE_NAME}") } else { "existing resources".to_owned() };
    let error = Error::new(Kind::Config, format!("{place} can't be used: {}", texts.join("; ")));
    Err(found.iter().fold(error, |error, one| error.hint(format!("{}: {}", existing.described(one.key), one.remedy))))
}

/// Adds the endpoints and the instance of an existing task. Without an answer they are missing, and the checks report why.
async fn with_task(clients: &Clients, given: Given) -> Given {
    let Some(arn) = given.value(Output::TaskArn) else { return given };
    match dms::snapshot(&clients.fail_fast(), arn).await {
        Ok(task) => given.with_task(GivenTask {
            id: task.identifier,
            source_endpoint: task.source_endpoint,
            target_endpoint: task.target_endpoint,
            instance: task.instance,
        }),
        Err(_) => given,
    }
}
