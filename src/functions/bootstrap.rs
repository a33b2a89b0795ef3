//! Starts the function that `_HANDLER` names and passes Lambda's invocations to it.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};

use super::api::aggregates::Aggregates;
use super::database::Database;
use super::environment::required;
use super::rights::FUNCTIONS;
use super::{admin, api, changes, consumer, publisher, sequencer};
use crate::aws::Clients;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::base::report::log;
use crate::settings::environment::log_filter;

/// Runs until Lambda stops the execution environment.
pub fn main() -> ExitCode {
    log::of_function(log_filter());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build();
    let result = runtime
        .or_fail(Kind::Io, || "the async runtime did not start".into())
        .and_then(|runtime| runtime.block_on(run()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Lambda reports an environment that ends before its first invocation as Runtime.ExitError, with this log.
            tracing::error!(hints = ?error.hints().collect::<Vec<_>>(), causes = ?error.causes(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let handler = required("_HANDLER")?;
    let clients = Clients::from_environment().await;
    // Passes each invocation to a handler with its deadline, and always returns a response.
    macro_rules! serve {
        ($handler:expr, |$payload:ident| $argument:expr) => {{
            let handler = $handler;
            lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| {
                let (deadline, $payload) = (event.context.deadline(), event.payload);
                Ok::<_, Infallible>(handler.handle($argument, deadline).await)
            }))
            .await
        }};
    }
    let aggregates = || Aggregates::from_environment(&clients);
    let database = || Database::from_environment(clients.config());
    let ended = match handler.as_str() {
        "api.cars" => serve!(api::writer::Handler::<api::cars::NewCar>::new(database()?), |request| &request),
        "api.people" => serve!(api::writer::Handler::<api::people::NewPerson>::new(database()?), |request| &request),
        "api.orders" => serve!(api::orders::Handler::new(aggregates()?), |request| &request),
        "api.cart" => serve!(api::cart::Handler::new(aggregates()?), |request| &request),
        "api.users" => serve!(api::users::Handler::from_environment(&clients)?, |request| &request),
        "publisher" => serve!(publisher::Handler::from_environment(&clients)?, |batch| batch),
        "forwarder" => serve!(changes::forwarder::Handler::from_environment(&clients)?, |batch| batch),
        "forwarder.users" => serve!(changes::users::Handler::from_environment(&clients)?, |batch| batch),
        "sequencer" => serve!(sequencer::Handler::from_environment(&clients)?, |batch| batch),
        "consumer" => {
            let handler = consumer::Handler::from_environment(&clients)?;
            // After an error Lambda retries, and finally sends the event to the failure destination.
            lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| {
                handler.handle(event.payload).await.map_err(|error| Diagnostic {
                    error_type: error.kind().name().into(),
                    error_message: error.to_string(),
                })
            }))
            .await
        }
        "admin" => {
            let handler = admin::Handler::from_environment(&clients)?;
            lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| {
                Ok::<_, Infallible>(handler.handle(event.payload).await)
            }))
            .await
        }
        other => {
            let names: Vec<_> = FUNCTIONS.iter().map(|function| function.handler).collect();
            return Err(Error::new(Kind::Config, format!("unknown function {other:?}"))
                .hint(format!("Handler is one of {}", names.join(", "))));
        }
    };
    ended.or_fail(Kind::Failed, || format!("the runtime of {handler} ended"))
}
