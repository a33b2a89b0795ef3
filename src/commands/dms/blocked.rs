//! Reports the transactions that delay a start of the capture: a new slot waits for transactions that were already
//! open.

use std::convert::Infallible;
use std::time::Duration;

use chrono::Utc;
use parking_lot::Mutex;

use crate::base::error::{Error, Kind};
use crate::commands::Context;
use crate::deployment::Deployment;
use crate::postgres::admin::{OpenTransaction, StatusReport};

/// Usual duration of a start.
const PATIENCE: Duration = Duration::from_secs(5);
/// Interval between checks, each of which may call the admin function.
const INTERVAL: Duration = Duration::from_secs(10);
/// Time limit for one check.
const LIMIT: Duration = Duration::from_secs(15);

/// The transactions of the last check; empty if the database could not be queried.
#[derive(Debug, Default)]
pub struct Blockers(Mutex<Vec<OpenTransaction>>);

impl Blockers {
    /// Runs `work`; if it takes long, reports the transactions that it waits for, also in its error.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn during<T>(
        ctx: &Context,
        deployment: &Deployment,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let blockers = Self::default();
        let result = tokio::select! {
            result = work => result,
            never = blockers.watch(ctx, deployment) => match never {},
        };
        match result {
            // The time limit was shorter than [`PATIENCE`]: no check was made yet.
            Err(error) if error.kind() == Kind::Failed => {
                let mut seen = blockers.0.into_inner();
                if seen.is_empty() {
                    seen = open_transactions(ctx, deployment).await;
                }
                Err(error.with_hints(seen.iter().take(3).map(advice)))
            }
            result => result,
        }
    }

    async fn watch(&self, ctx: &Context, deployment: &Deployment) -> Infallible {
        tokio::time::sleep(PATIENCE).await;
        let mut said = Vec::new();
        loop {
            let seen = open_transactions(ctx, deployment).await;
            for one in seen.iter().filter(|one| !said.contains(&one.pid)) {
                ctx.console.progress("dms", format!("waiting for {}", one.with_age(Utc::now())));
            }
            said = seen.iter().map(|one| one.pid).collect();
            *self.0.lock() = seen;
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

/// Returns a remedy for a transaction that a start waits for.
pub fn advice(transaction: &OpenTransaction) -> String {
    let transaction_and_age = transaction.with_age(Utc::now());
    format!("a new slot waits for {transaction_and_age}: commit it, or end it with {}", transaction.end())
}

/// Returns the transactions that a new slot would wait for; none if the database can't be queried.
pub async fn open_transactions(ctx: &Context, deployment: &Deployment) -> Vec<OpenTransaction> {
    report(ctx, deployment).await.map(|report| report.open_transactions).unwrap_or_default()
}

/// Returns the state of the database; None if it can't be queried.
pub async fn report(ctx: &Context, deployment: &Deployment) -> Option<StatusReport> {
    let ask = async { deployment.database().await?.status().await };
    match tokio::time::timeout(LIMIT, ask).await {
        Ok(Ok(report)) => Some(report),
        Ok(Err(error)) => {
            ctx.console.detail(format!("the database's slots and transactions can't be queried: {error}"));
            None
        }
        Err(_) => None,
    }
}
