//! Pausing the event source mapping of a function.
//!
//! Source: Lambda API reference, UpdateEventSourceMapping and GetEventSourceMapping.

use std::time::Duration;

use super::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::base::timing::Wait;

/// Time limit of a change, which the service makes in the background.
const PATIENCE: Duration = Duration::from_secs(180);

/// Returns the state, like `Enabled`.
pub async fn state(clients: &Clients, id: &str) -> Result<String> {
    let found = clients.lambda().get_event_source_mapping().uuid(id).send().await;
    let found = found.aws(format!("describe event source mapping {id}"))?;
    Ok(found.state().unwrap_or_default().to_owned())
}

/// Enables or disables the mapping, and waits until that has taken effect. A disabled mapping keeps its position.
///
/// # Errors
/// Those of Lambda; `Failed` if the change does not take effect.
pub async fn set(clients: &Clients, id: &str, enabled: bool) -> Result<()> {
    let wanted = if enabled { "Enabled" } else { "Disabled" };
    let wait = Wait::new(Duration::from_secs(1), PATIENCE);
    let mut is_requested = false;
    loop {
        let state = state(clients, id).await?;
        if state == wanted {
            return Ok(());
        }
        // A change is refused while another one is under way (ResourceInUseException).
        if !is_requested && matches!(state.as_str(), "Enabled" | "Disabled") {
            let change = clients.lambda().update_event_source_mapping().uuid(id).enabled(enabled).send().await;
            change.aws(format!("change event source mapping {id}"))?;
            is_requested = true;
            continue;
        }
        if !wait.next().await {
            let text = format!("event source mapping {id} stays {state}, and does not become {wanted}");
            return Err(Error::new(Kind::Failed, text)
                .hint(format!("`aws lambda update-event-source-mapping --uuid {id} --enabled` enables it")));
        }
    }
}
