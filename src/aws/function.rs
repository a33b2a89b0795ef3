//! Invokes a Lambda function and waits for its answer.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::State;
use tokio::time::Instant;

use super::Clients;
use crate::base::error::{AwsContext, Result, sdk_code};

/// Maximum time for an idle function to become active: its network interfaces are created again.
const ACTIVE_WITHIN: Duration = Duration::from_secs(180);

/// Wait if the function's state can't be read. AWS states no time; network interfaces take about a minute.
const UNSEEN: Duration = Duration::from_secs(60);

/// Invokes a function once and waits for its answer, up to `limit`. The request need not be idempotent: a lost answer
/// is not followed by a second request.
///
/// A function in a VPC that was not used for weeks is idle: its first invocation fails before the function is reached,
/// and wakes it ("Configuring a Lambda function to access resources in a VPC" in the Lambda developer guide). This
/// waits until it is active, and invokes it again.
///
/// # Errors
/// The errors of Lambda. A failure of the function itself is in the answer.
pub async fn invoke(clients: &Clients, name: &str, payload: Vec<u8>, limit: Duration) -> Result<InvokeOutput> {
    let patient = aws_sdk_lambda::Config::builder()
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(limit).read_timeout(limit).build());
    let request = clients.lambda().invoke().function_name(name).payload(Blob::new(payload));
    let ask = || request.clone().customize().config_override(patient.clone()).send();
    let answer = match ask().await {
        Err(error) if is_waking(sdk_code(&error)) => {
            tracing::debug!(name, code = sdk_code(&error), "the function was idle");
            wait_until_active(clients, name).await;
            ask().await
        }
        answer => answer,
    };
    answer.aws(format!("invoke {name}"))
}

/// Returns whether a function was not reached because it is being prepared: `Pending`, or `Inactive` with its network
/// interfaces deleted (the errors of Invoke in the Lambda API reference).
fn is_waking(code: &str) -> bool {
    matches!(code, "ResourceNotReadyException" | "ResourceConflictException")
}

/// Waits a fixed time if the caller lacks `lambda:GetFunctionConfiguration`.
async fn wait_until_active(clients: &Clients, name: &str) {
    let deadline = Instant::now() + ACTIVE_WITHIN;
    loop {
        let found = clients.lambda().get_function_configuration().function_name(name).send().await;
        // The answer to the next invocation has the reason if the function does not become active.
        let pause = match found.as_ref().map(|found| found.state()) {
            Ok(None | Some(State::Active | State::Failed)) => return,
            Ok(Some(_)) => Duration::from_secs(1),
            Err(_) => UNSEEN,
        };
        tokio::time::sleep(pause).await;
        if found.is_err() || Instant::now() >= deadline {
            return;
        }
    }
}

/// Returns the name of the function's log group, from its configuration; the default name if that can't be read.
pub async fn log_group(clients: &Clients, name: &str) -> String {
    let found = clients.lambda().get_function_configuration().function_name(name).send().await.ok();
    let group = found.and_then(|found| found.logging_config?.log_group);
    group.unwrap_or_else(|| format!("/aws/lambda/{name}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::extract::State;
    use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
    use parking_lot::Mutex;

    use super::*;

    type Calls = Arc<Mutex<Vec<String>>>;

    /// Idle at first: the first invocation fails, and the function is pending at the first look.
    async fn idle(State(calls): State<Calls>, method: Method, uri: Uri) -> (StatusCode, HeaderMap, &'static str) {
        let mut calls = calls.lock();
        calls.push(format!("{method} {}", uri.path().rsplit('/').next().unwrap_or_default()));
        let looks = calls.iter().filter(|call| call.starts_with("GET")).count();
        let mut headers = HeaderMap::new();
        match (method == Method::GET, looks) {
            (true, 1) => (StatusCode::OK, headers, r#"{"State": "Pending"}"#),
            (true, _) => (
                StatusCode::OK,
                headers,
                r#"{"State": "Active", "LoggingConfig": {"LogGroup": "/aws/lambda/outboxctl-dev-admin"}}"#,
            ),
            (false, 0) => {
                headers.insert("x-amzn-errortype", HeaderValue::from_static("ResourceNotReadyException"));
                (StatusCode::BAD_GATEWAY, headers, r#"{"Message": "The function is inactive"}"#)
            }
            (false, _) => (StatusCode::OK, headers, "\"done\""),
        }
    }

    #[tokio::test]
    async fn an_idle_function_is_invoked_again_once_active() {
        let calls = Calls::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(idle).with_state(calls.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let clients = Clients::for_test(url);
        let answer = invoke(&clients, "f", b"1".to_vec(), Duration::from_secs(5)).await.expect("an answer");
        assert_eq!(answer.payload().map(|blob| blob.as_ref().to_vec()), Some(b"\"done\"".to_vec()));
        let calls = calls.lock().clone();
        assert_eq!(calls, ["POST invocations", "GET configuration", "GET configuration", "POST invocations"]);
        assert_eq!(log_group(&clients, "f").await, "/aws/lambda/outboxctl-dev-admin");
    }
}
