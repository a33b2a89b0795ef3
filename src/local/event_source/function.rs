//! The function of a mapping, and its role.

use super::refusal::Refusal;
use crate::aws::Clients;
use crate::base::error::sdk_code;
use crate::local::roles::Assumed;

/// Returns the ARNs of the function and of its role.
///
/// # Errors
/// The API's error if the function does not exist or can't be looked up.
pub async fn function(clients: &Clients, name: &str) -> Result<(String, String), Refusal> {
    let answer = clients.lambda().get_function_configuration().function_name(name).send().await;
    let found = answer.map_err(|error| Refusal::unknown(sdk_code(&error), "Function does not exist", name))?;
    Ok((found.function_arn.unwrap_or_else(|| name.to_owned()), found.role.unwrap_or_default()))
}

/// Returns the role of a function as Lambda assumes it to read a source and to write to a failure destination. Lambda
/// names no source (Lambda developer guide, "Defining Lambda function permissions with an execution role").
pub fn assumed(function_arn: &str, role: String) -> Assumed {
    let name: String = function_arn.split(':').nth(6).unwrap_or("function").chars().take(64).collect();
    Assumed { role, service: "lambda.amazonaws.com".into(), source: None, session: name, place: None }
}
