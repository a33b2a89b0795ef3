//! Checks that functions run the deployed package.

use futures_util::future::try_join_all;

use super::Package;
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result};

/// Compares the code of these functions with the package: another object may have replaced it between its upload and
/// Lambda's read.
///
/// # Errors
/// `Failed` with the names of functions with other code, and the errors of Lambda.
pub async fn compare(clients: &Clients, package: &Package, functions: &[String]) -> Result<()> {
    let expected = package.zip()?.sha256.as_str();
    let client = clients.lambda();
    let codes = try_join_all(functions.iter().map(|name| {
        let client = &client;
        async move {
            let function = client.get_function().function_name(name).send().await;
            let function = function.aws(format!("read function {name}"))?;
            let code = function.configuration.and_then(|configuration| configuration.code_sha256);
            Ok::<_, Error>((name, code.unwrap_or_default()))
        }
    }))
    .await?;
    let others: Vec<_> = codes.iter().filter(|(_, code)| code != expected).collect();
    let Some((name, code)) = others.first() else { return Ok(()) };
    let names: Vec<_> = others.iter().map(|(name, _)| name.as_str()).collect();
    let message = format!("functions whose code differs from the package: {}", names.join(", "));
    Err(Error::new(Kind::Failed, message)
        .hint(format!("{name} has CodeSha256 {code}; the package {} has {expected}", package.key))
        .hint(
            "find out who can write to the bucket of the functions' package (CloudTrail, PutObject); then put the package \
             into the functions: `aws lambda update-function-code --function-name NAME --s3-bucket BUCKET --s3-key KEY`",
        ))
}
