//! What Lambda knows of a function.

use super::Clients;

/// Returns the name of the function's log group. CloudFormation makes up the names of our functions, and their groups have
/// names of their own (`LoggingConfig`), so that the usual `/aws/lambda/NAME` is the answer only where Lambda gives none.
pub async fn log_group(clients: &Clients, function: &str) -> String {
    let answer = clients.lambda().get_function_configuration().function_name(function).send().await;
    let configured = answer.ok().and_then(|answer| answer.logging_config?.log_group);
    configured.unwrap_or_else(|| format!("/aws/lambda/{function}"))
}
