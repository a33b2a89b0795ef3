//! Says on whom a start of the capture waits: a new slot waits for the transactions that were open before it.

use std::convert::Infallible;
use std::sync::Mutex;
use std::time::Duration;

use crate::commands::Context;
use crate::deployment::Deployment;
use crate::error::{Error, Kind};
use crate::output::Event;
use crate::postgres::admin::{OpenTransaction, StatusReport};

/// A start takes some seconds anyway.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks, each of which may call the admin function.
const INTERVAL: Duration = Duration::from_secs(10);
/// For one look.
const LIMIT: Duration = Duration::from_secs(15);

/// The transactions that were seen last; none where the database could not be asked.
#[derive(Debug, Default)]
pub struct Blockers(Mutex<Vec<OpenTransaction>>);

impl Blockers {
    /// Runs `work`; while it takes long, says on which transactions it waits, and names them in its error.
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
            // A time limit shorter than our patience: nothing was asked yet.
            Err(error) if error.kind() == Kind::Failed => {
                let mut seen = blockers.0.into_inner().unwrap_or_default();
                if seen.is_empty() {
                    seen = open_transactions(ctx, deployment).await;
                }
                Err(seen.iter().take(3).fold(error, |error, one| error.hint(advice(one))))
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
                ctx.console.emit(Event::progress("dms", format!("waiting for {one}")));
            }
            said = seen.iter().map(|one| one.pid).collect();
            if let Ok(mut kept) = self.0.lock() {
                *kept = seen;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

/// Returns what to do about a transaction that a start waits for.
pub fn advice(transaction: &OpenTransaction) -> String {
    format!("a new slot waits for {transaction}: commit it, or end it with {}", transaction.end())
}

/// Returns the transactions that a new slot would wait for; none where the database can't be asked.
pub async fn open_transactions(ctx: &Context, deployment: &Deployment) -> Vec<OpenTransaction> {
    report(ctx, deployment).await.map(|report| report.open_transactions).unwrap_or_default()
}

/// Returns the state of the database; None where it can't be asked.
pub async fn report(ctx: &Context, deployment: &Deployment) -> Option<StatusReport> {
    let ask = async { deployment.database().await?.status().await };
    match tokio::time::timeout(LIMIT, ask).await {
        Ok(Ok(report)) => Some(report),
        Ok(Err(error)) => {
            ctx.console.detail(format!("the database can't be asked for its slots and transactions: {error}"));
            None
        }
        Err(_) => None,
    }
}
