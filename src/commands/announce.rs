//! The line with the place of a change: stage, account, region, profile, endpoint, and the configuration file of a
//! parent folder.

use crate::aws::Clients;
use crate::aws::account::{self, Identity};
use crate::base::error::{Kind, Result};
use crate::commands::{Context, reach};
use crate::deployment::Deployment;

/// Returns the deployment, and shows the line if the command `changes` something. Every command that may change a
/// deployment begins with it.
///
/// # Errors
/// `Credentials` without credentials, and those of loading the deployment.
pub async fn deployment(ctx: &Context, changes: bool) -> Result<Deployment> {
    if !changes {
        return reach::deployment(ctx).await;
    }
    tokio::try_join!(look_and_announce(ctx), reach::deployment(ctx)).map(|((), deployment)| deployment)
}

/// Shows the line, with the identity that STS reports.
///
/// # Errors
/// `Credentials` without credentials; a failed STS request does not stop the command.
pub async fn look_and_announce(ctx: &Context) -> Result<()> {
    let clients = ctx.aws().await?;
    let identity = match account::identity(&clients.fail_fast()).await {
        Ok(identity) => Some(identity),
        Err(error) if error.kind() == Kind::Credentials => return Err(error),
        Err(_) => None,
    };
    announce(ctx, clients, identity.as_ref());
    Ok(())
}

/// Shows the line for a known identity; None if STS did not answer.
pub fn announce(ctx: &Context, clients: &Clients, identity: Option<&Identity>) {
    let settings = &ctx.settings;
    let mut parts = vec![format!("stage {}", settings.stage)];
    parts.push(match identity {
        Some(identity) => format!("account {}", identity.account),
        None => "account unknown (no answer from STS)".to_owned(),
    });
    parts.push(format!("region {}", clients.region()));
    match (settings.local, &clients.endpoint_url) {
        (true, _) => parts.push("the local stack".to_owned()),
        (false, Some(url)) => parts.push(format!("endpoint {url}")),
        (false, None) => {}
    }
    if let Some(profile) = settings.profile.as_ref().filter(|_| !settings.local && clients.warnings.is_empty()) {
        parts.push(format!("profile {profile}"));
    }
    if let Some(identity) = identity {
        parts.push(format!("as {}", identity.principal));
    }
    if let Ok(Some(target)) = reach::target(ctx) {
        parts.push(format!("database {}", target.describe()));
    }
    let here = std::env::current_dir().ok();
    if let Some(path) = settings.file.as_ref().filter(|path| path.parent() != here.as_deref()) {
        parts.push(format!("configured by {}", path.display()));
    }
    ctx.console.note(parts.join(", "));
}
